import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import type { Answer } from './protocol.js';

/** Longest time that an answer may take. */
const TIMEOUT_MS = 30_000;

/**
 * Sends the head of a request and no body, whatever its headers promise, and gives what is answered to that.
 * @throws Error when nothing is answered
 */
export async function exchangeRaw(
  origin: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<Answer> {
  const outgoing = request(`${origin}${path}`, { method, headers, agent: false, timeout: TIMEOUT_MS });
  outgoing.on('timeout', () => outgoing.destroy(new Error('The server does not answer.')));
  outgoing.flushHeaders();
  try {
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const fields = Object.entries(response.headers).map(([name, value]): [string, string] => [name, String(value)]);
    return {
      status: response.statusCode ?? 0,
      headers: new Headers(fields),
      text: Buffer.concat(chunks).toString(),
    };
  } finally {
    outgoing.destroy();
  }
}
