import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ResponseParser } from '../../../bench/load/response-parser.js';
import type { RandomRequest } from './random-request.js';

/** What came back. */
export interface Delivery {
  /** 0 when nothing came that is an answer. */
  readonly status: number;
  readonly body: string;
  /** Why there is no complete answer; null when there is one. */
  readonly failure: string | null;
}

/** Longest time that a server may take to answer what is complete. */
const TIMEOUT_MS = 30_000;

/** Sends a request over a connection of its own, byte by byte as it says, and waits for the first answer. */
export async function deliver(host: string, port: number, request: RandomRequest): Promise<Delivery> {
  const read = { status: 0, body: '' };
  const parser = new ResponseParser({
    onHead: (status) => (read.status = status),
    onBody: (bytes) => (read.body += bytes.toString('latin1')),
  });
  const socket = connect({ host, port, noDelay: true, allowHalfOpen: true });
  const gone = new AbortController();
  const answered = new Promise<string | null>((resolve) => {
    const timer = setTimeout(() => resolve('no answer in time'), TIMEOUT_MS);
    const end = (failure: string | null): void => {
      clearTimeout(timer);
      gone.abort();
      resolve(failure);
    };
    socket.on('data', (bytes: Buffer) => {
      try {
        if (parser.push(bytes)) end(null);
      } catch (error) {
        // A second answer follows the first one when more bytes came than the first request said.
        end(parser.end() ? null : String(error));
      }
    });
    socket.on('end', () => end(parser.end() ? null : 'closed'));
    socket.on('close', () => end(parser.end() ? null : 'closed'));
    socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
  for (const [index, piece] of request.pieces.entries()) {
    if (gone.signal.aborted) break;
    if (index > 0 && request.pauseMs > 0)
      await sleep(request.pauseMs, undefined, { signal: gone.signal }).catch(() => undefined);
    socket.write(piece);
  }
  if (request.end === 'half-close') socket.end();
  if (request.end === 'break off') await sleep(request.pieces.length);
  if (request.end === 'break off') socket.destroy();
  const failure = await answered;
  socket.destroy();
  return { ...read, body: Buffer.from(read.body, 'latin1').toString(), failure };
}
