import type { Writable } from 'node:stream';
import type { ChoiceDelta } from '#language-model';
import { ChunkWriter, type ChunkOptions } from './chunk-writer.js';
import { usageOf } from './completion-shape.js';
import type { ChoiceLogprobs, Generation } from './generation.js';

/** What a stream of completions is made from. */
export interface StreamOptions extends ChunkOptions {
  /** Generates; called once. */
  readonly run: (onDelta: (index: number, delta: ChoiceDelta) => void) => Promise<Generation>;
  /** Sends the head of the answer and gives what its body is written to; called at most once. */
  readonly begin: () => Writable;
  /** How long a client hears nothing before it is told that it still waits. */
  readonly keepAliveMs: number;
  /** Told of a failure after the first byte, when it can no longer become a status. */
  readonly onLateFailure: (error: unknown) => void;
}

/**
 * Sends text as server-sent events while it is generated; fulfilled when the last one is written.
 *
 * Nothing is sent before the first event, so that a request that is refused or fails at once becomes an HTTP status.
 * @throws whatever `run` throws before its first event
 */
export async function streamCompletion(options: StreamOptions): Promise<void> {
  const stream = new CompletionStream(options);
  try {
    const generation = await options.run((index, delta) => stream.put(index, delta));
    stream.end(stream.chunks.end(usageOf(generation)));
  } catch (error) {
    if (!stream.hasBegun) throw error;
    options.onLateFailure(error);
    stream.end(stream.chunks.failure(error));
  } finally {
    stream.stopTimer();
  }
}

/**
 * Hands text from the decoder, which never waits, to a client that may read slowly: while the client does not read, the
 * text of a choice grows into one event, so that the memory is bounded by the text itself.
 */
class CompletionStream {
  readonly chunks: ChunkWriter;
  readonly #timer: NodeJS.Timeout;
  readonly #held = new Map<number, ChoiceDelta[]>();
  #out: Writable | null = null;
  #isBlocked = false;

  constructor(private readonly options: StreamOptions) {
    this.chunks = new ChunkWriter(options);
    this.#timer = setInterval(() => this.#keepAlive(), options.keepAliveMs);
  }

  get hasBegun(): boolean {
    return this.#out !== null;
  }

  put(index: number, delta: ChoiceDelta): void {
    if (!this.#isBlocked) {
      this.#write(this.chunks.delta(index, delta));
      return;
    }
    const held = this.#held.get(index);
    if (held === undefined) this.#held.set(index, [delta]);
    else held.push(delta);
  }

  /** Whatever is held comes before it. */
  end(last: string): void {
    const out = (this.#out ??= this.options.begin());
    out.end(this.#takeHeld() + last);
  }

  stopTimer(): void {
    clearInterval(this.#timer);
  }

  #write(text: string): void {
    const out = (this.#out ??= this.options.begin());
    this.#timer.refresh();
    if (out.write(text)) return;
    this.#isBlocked = true;
    out.once('drain', () => {
      this.#isBlocked = false;
      const held = this.#takeHeld();
      if (held !== '' && !out.writableEnded) this.#write(held);
    });
  }

  #takeHeld(): string {
    const held = [...this.#held].map(([index, deltas]) => this.chunks.delta(index, joined(deltas))).join('');
    this.#held.clear();
    return held;
  }

  #keepAlive(): void {
    if (!this.#isBlocked) this.#write(this.chunks.keepAlive());
  }
}

function joined(deltas: readonly ChoiceDelta[]): ChoiceDelta {
  return {
    text: deltas.map(({ text }) => text).join(''),
    logprobs: joinedLogprobs(deltas.flatMap(({ logprobs }) => logprobs ?? [])),
    finishReason: deltas.at(-1)?.finishReason ?? null,
  };
}

function joinedLogprobs(parts: readonly ChoiceLogprobs[]): ChoiceLogprobs | null {
  if (parts.length === 0) return null;
  return {
    tokens: parts.flatMap(({ tokens }) => tokens),
    tokenLogprobs: parts.flatMap(({ tokenLogprobs }) => tokenLogprobs),
    topLogprobs: parts.flatMap(({ topLogprobs }) => topLogprobs),
    textOffset: parts.flatMap(({ textOffset }) => textOffset),
  };
}
