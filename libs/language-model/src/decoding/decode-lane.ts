import { CodedError } from '#errors';
import type { Scoring } from './background-scorer.js';
import type { TokenizedRequest } from './completion-decoder.js';
import type { CompletionOptions, CompletionResult } from './completion-request.js';
import type { DecodeThread } from './decode-thread.js';
import type { DecodeThreads } from './decode-threads.js';
import { COUNTER_COUNT, unpackError, type DecodeNews, type DecodeOrder, type ToWorker } from './worker-messages.js';

interface Pending {
  readonly options: CompletionOptions;
  readonly resolve: (result: CompletionResult) => void;
  readonly reject: (reason: unknown) => void;
}

interface PendingScoring {
  readonly resolve: (scoring: Scoring) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Answers that are handed over in one turn of the event loop. Texts that began together end together, and what HTTP does with
 * a whole batch of answers in one go keeps everything else waiting.
 */
const ANSWERS_PER_TURN = 8;

/** One thread that decodes for a model version, and what it is working on. The owner calls `close`. */
export class DecodeLane {
  private readonly pending = new Map<number, Pending>();
  private readonly scorings = new Map<number, PendingScoring>();
  /** Completions that have ended and were not handed over. */
  private readonly answers: (readonly [id: number, result: CompletionResult])[] = [];
  private nextId = 0;
  private closing = false;
  private death: CodedError | null = null;
  /** Texts that are being generated or wait; those of one request stay together. */
  texts = 0;

  private constructor(
    private readonly thread: DecodeThread,
    private readonly threads: DecodeThreads,
    /** In the order of `COUNTERS`. */
    readonly counters: Float64Array,
  ) {}

  /**
   * Opens a bundle in a thread.
   * @throws bundle_missing, bundle_corrupt
   */
  static async open(order: Omit<DecodeOrder, 'counters'>, threads: DecodeThreads): Promise<DecodeLane> {
    const counters = new SharedArrayBuffer(COUNTER_COUNT * Float64Array.BYTES_PER_ELEMENT);
    const thread = threads.take();
    const lane = new DecodeLane(thread, threads, new Float64Array(counters));
    try {
      await thread.open(
        { ...order, counters },
        { onNews: (news) => lane.hear(news), onDeath: (cause) => lane.die(cause) },
      );
    } catch (error) {
      // What it had opened until then goes with it.
      await thread.end();
      throw error;
    }
    return lane;
  }

  /** Completions that have not ended. */
  get pendingCount(): number {
    return this.pending.size;
  }

  /** Whether its thread has ended by itself; it refuses everything then. */
  get isDead(): boolean {
    return this.death !== null;
  }

  /** @throws server_is_overloaded when its thread has ended, or the signal's reason */
  async complete(request: TokenizedRequest, texts: number, options: CompletionOptions): Promise<CompletionResult> {
    const { signal } = options;
    signal?.throwIfAborted();
    if (this.death) throw this.death;
    const id = this.nextId++;
    const cancel = (): void => {
      this.send({ kind: 'cancel', id });
    };
    this.texts += texts;
    try {
      return await new Promise<CompletionResult>((resolve, reject) => {
        this.pending.set(id, { options, resolve, reject });
        signal?.addEventListener('abort', cancel, { once: true });
        this.send({ kind: 'complete', id, request, pieces: options.onDelta !== undefined });
      });
    } finally {
      this.texts -= texts;
      signal?.removeEventListener('abort', cancel);
    }
  }

  /** @throws server_is_overloaded when its thread has ended */
  async score(texts: readonly (readonly number[])[]): Promise<Scoring> {
    if (this.death) throw this.death;
    const id = this.nextId++;
    return new Promise<Scoring>((resolve, reject) => {
      this.scorings.set(id, { resolve, reject });
      this.send({ kind: 'score', id, texts });
    });
  }

  /** Waits for the completions under way, then frees the model; its thread goes back to where it came from. */
  async close(): Promise<void> {
    this.closing = true;
    await this.thread.close();
    if (this.thread.hasEnded) return;
    this.die(undefined);
    await this.threads.giveBack(this.thread);
  }

  private send(message: ToWorker): void {
    this.thread.send(message);
  }

  private hear({ deltas, finished, scored, failed }: DecodeNews): void {
    for (const [id, choice, delta] of deltas) {
      const { options, reject } = this.pending.get(id) ?? {};
      try {
        options?.onDelta?.(choice, delta);
      } catch (error) {
        reject?.(error);
        this.send({ kind: 'cancel', id });
      }
    }
    const isWaiting = this.answers.length > 0;
    this.answers.push(...finished);
    if (!isWaiting && this.answers.length > 0) this.handOverSoon();
    for (const [id, scoring] of scored) taken(this.scorings, id)?.resolve(scoring);
    for (const [id, error] of failed) {
      taken(this.scorings, id)?.reject(unpackError(error));
      const pending = taken(this.pending, id);
      const signal = pending?.options.signal;
      pending?.reject(signal?.aborted ? signal.reason : unpackError(error));
    }
  }

  /** Hands over some of the answers in the next turn, and the others in those after it. */
  private handOverSoon(): void {
    setImmediate(() => {
      this.resolveAnswers(ANSWERS_PER_TURN);
      if (this.answers.length > 0) this.handOverSoon();
    });
  }

  private resolveAnswers(count: number): void {
    for (const [id, result] of this.answers.splice(0, count)) taken(this.pending, id)?.resolve(result);
  }

  private die(cause: unknown): void {
    this.resolveAnswers(this.answers.length);
    this.death ??= new CodedError(
      'server_is_overloaded',
      this.closing
        ? 'This model version was unloaded. Send the request again.'
        : 'The thread that decodes this model version has ended; it is being started again. Send the request again.',
      { cause, retryAfterMs: 1000 },
    );
    for (const { reject } of [...this.pending.values(), ...this.scorings.values()]) reject(this.death);
    this.pending.clear();
    this.scorings.clear();
  }
}

function taken<T>(entries: Map<number, T>, id: number): T | undefined {
  const entry = entries.get(id);
  entries.delete(id);
  return entry;
}
