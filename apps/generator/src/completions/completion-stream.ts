import { Readable } from 'node:stream';
import { toErrorBody } from '#errors';
import { ChunkQueue, type StreamEvent } from './chunk-queue.js';
import { completionChunk, type CompletionHead } from './completion-shape.js';
import type { RunOptions } from './completion-task.js';

/** How long a client hears nothing before it is told that it still waits. */
const KEEP_ALIVE_MS = 10_000;

/** What a stream of completions is made from. */
export interface StreamOptions {
  readonly head: CompletionHead;
  /** Generates; called once. */
  readonly run: (options: RunOptions) => Promise<unknown>;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
  /** Told of a failure after the first byte, when it can no longer become a status. */
  readonly onLateFailure: (error: unknown) => void;
  readonly keepAliveMs?: number;
}

/**
 * Gives text as server-sent events while it is generated.
 *
 * Waits for the first event, so that a request that is refused or fails at once becomes an HTTP status and not a stream.
 * @throws whatever `run` throws before its first event
 */
export async function streamCompletion(options: StreamOptions): Promise<Readable> {
  const queue = new ChunkQueue();
  const keepAliveMs = options.keepAliveMs ?? KEEP_ALIVE_MS;
  options
    .run({
      signal: options.signal,
      onText: (index, text) => queue.put({ kind: 'text', index, text }),
      onFinished: (index, finishReason) => queue.put({ kind: 'finished', index, finishReason }),
    })
    .then(
      () => queue.put({ kind: 'ended' }),
      (error: unknown) => queue.put({ kind: 'failed', error }),
    );
  const first = await queue.peek(keepAliveMs);
  if (first?.kind === 'failed') throw first.error;
  return Readable.from(frames(queue, { ...options, keepAliveMs }), { objectMode: false });
}

async function* frames(queue: ChunkQueue, options: Required<StreamOptions>): AsyncGenerator<string> {
  for (;;) {
    const events = await queue.take(options.keepAliveMs);
    if (options.signal.aborted) return;
    if (events.length === 0) yield ': keep-alive\n\n';
    for (const event of events) {
      if (event.kind === 'failed') options.onLateFailure(event.error);
      yield frame(options.head, event);
      if (event.kind === 'failed' || event.kind === 'ended') return;
    }
  }
}

function frame(head: CompletionHead, event: StreamEvent): string {
  switch (event.kind) {
    case 'text':
      return data(completionChunk(head, event.index, event.text, null));
    case 'finished':
      return data(completionChunk(head, event.index, '', event.finishReason));
    case 'failed':
      return data(toErrorBody(event.error));
    case 'ended':
      return 'data: [DONE]\n\n';
  }
}

/** JSON holds no raw line break, so one `data:` line is always enough. */
function data(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}
