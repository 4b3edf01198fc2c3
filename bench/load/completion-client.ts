import { CompletionReader, type CompletionAnswer } from './completion-reader.js';
import { Connection, ConnectionFailure } from './connection.js';
import type { Target } from './load-plan.js';

/** How to send one request. */
export interface SendOptions {
  readonly stream: boolean;
  readonly keepBody?: boolean;
  readonly onGap?: (gapMs: number) => void;
  /** Breaks the connection off after so many milliseconds. */
  readonly abortAfterMs?: number | null;
  readonly requestId?: string;
}

/** One connection that sends completion requests to a server, one after another. Must be {@link close}d. */
export class CompletionClient {
  readonly #connection: Connection;
  readonly #head: string;

  constructor({ baseUrl, key }: Target) {
    const url = new URL(baseUrl);
    this.#connection = new Connection(url.hostname, Number(url.port || 80));
    this.#head = [
      `POST ${url.pathname.replace(/\/$/, '')}/v1/completions HTTP/1.1`,
      `host: ${url.host}`,
      `authorization: Bearer ${key}`,
      'content-type: application/json',
      '',
    ].join('\r\n');
  }

  /** Sends a request; never throws, since a failure is an answer to count. */
  async send(body: object, options: SendOptions): Promise<CompletionAnswer> {
    const json = JSON.stringify(body);
    const id = options.requestId === undefined ? '' : `x-request-id: ${options.requestId}\r\n`;
    const request = `${this.#head}${id}content-length: ${Buffer.byteLength(json)}\r\n\r\n${json}`;
    const reader = new CompletionReader(options.stream, options.keepBody ? Infinity : undefined, options.onGap);
    const abort = this.#abortAfter(options.abortAfterMs ?? null);
    try {
      await this.#connection.exchange(request, reader);
      return reader.answer(null);
    } catch (error) {
      if (!(error instanceof ConnectionFailure)) throw error;
      return reader.answer(error.reason);
    } finally {
      clearTimeout(abort);
    }
  }

  close(): void {
    this.#connection.close();
  }

  #abortAfter(delayMs: number | null): NodeJS.Timeout | undefined {
    return delayMs === null ? undefined : setTimeout(() => this.#connection.abort(), delayMs);
  }
}
