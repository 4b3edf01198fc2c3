import { CodedError } from '#errors';
import { choosePrecision, type Precision, type PrecisionChoice } from '../bundle/quantization.js';
import { readProbeText, type ProbeText } from '../bundle/probe-text.js';
import { readBundle, type BundleConfig } from '../bundle/read-bundle.js';
import { TURN_CHARACTERS, type Tokenizer } from '../tokenizer/index.js';
import type { Scoring } from './background-scorer.js';
import type { TokenizedRequest } from './completion-decoder.js';
import type { CompletionOptions, CompletionRequest, CompletionResult } from './completion-request.js';
import type { DecodeThread } from './decode-thread.js';
import { DecodeThreads } from './decode-threads.js';
import { PLAIN_REQUEST } from './plain-request.js';
import { COUNTER_COUNT, COUNTERS, ROW_BOUNDS, unpackError, type DecodeNews, type ToWorker } from './worker-messages.js';

/** How a bundle is served. */
export interface CompletionEngineOptions {
  /** Threads for one step; 0 = one per core. */
  readonly threads: number;
  /** Sequences generated side by side. */
  readonly maxBatchSize: number;
  /** Texts that may wait for a place; more are refused. */
  readonly maxQueued: number;
  /** Default: int8 where the bundle has it and it was measured to hold. */
  readonly precision?: PrecisionChoice | undefined;
  /** Where its thread comes from and goes back to; default: one is started and ended with the engine. */
  readonly decodeThreads?: DecodeThreads;
}

/** What an engine is doing. */
export interface EngineActivity {
  /** Rows of the batch, and those of them in use. */
  readonly capacity: number;
  readonly liveRows: number;
  /** Completions that have not ended. */
  readonly pending: number;
  /** Decode steps since the engine was opened, and the rows that they advanced all together. */
  readonly steps: number;
  readonly advancedRows: number;
  /** Steps by the rows that they advanced: at most `rows`, and more than the entry before. */
  readonly stepsByRows: readonly { readonly rows: number; readonly steps: number }[];
}

interface Pending {
  readonly texts: number;
  readonly options: CompletionOptions;
  readonly resolve: (result: CompletionResult) => void;
  readonly reject: (reason: unknown) => void;
}

interface PendingScoring {
  readonly resolve: (scoring: Scoring) => void;
  readonly reject: (reason: unknown) => void;
}

/** One loaded model version that completes texts, in a thread of its own. The owner calls `close`. */
export class CompletionEngine {
  private readonly pending = new Map<number, Pending>();
  private readonly scorings = new Map<number, PendingScoring>();
  private readonly counters: Float64Array;
  private nextId = 0;
  private texts = 0;
  private closing: Promise<void> | undefined;
  private death: CodedError | null = null;

  private constructor(
    readonly config: BundleConfig,
    /** Arithmetic of its decode steps. */
    readonly precision: Precision,
    readonly tokenizer: Tokenizer,
    /** Held-out text with its measured loss; null where the bundle has none. */
    readonly probeText: ProbeText | null,
    private readonly thread: DecodeThread,
    private readonly decodeThreads: DecodeThreads,
    private readonly options: CompletionEngineOptions,
    counters: SharedArrayBuffer,
  ) {
    this.counters = new Float64Array(counters);
  }

  /**
   * Loads a bundle.
   * @throws bundle_missing, bundle_corrupt when it cannot be read
   */
  static async open(bundleFolder: string, options: CompletionEngineOptions): Promise<CompletionEngine> {
    const { config, tokenizer } = await readBundle(bundleFolder);
    const probeText = await readProbeText(bundleFolder, config.vocabularySize);
    const precision = choosePrecision(options.precision ?? 'auto', config.quantization);
    const counters = new SharedArrayBuffer(COUNTER_COUNT * Float64Array.BYTES_PER_ELEMENT);
    const { threads, maxBatchSize, decodeThreads = new DecodeThreads(0) } = options;
    const thread = decodeThreads.take();
    const engine = new CompletionEngine(
      config,
      precision,
      tokenizer,
      probeText,
      thread,
      decodeThreads,
      options,
      counters,
    );
    try {
      await thread.open(
        { bundleFolder, precision, threads, maxBatchSize, counters },
        { onNews: (news) => engine.hear(news), onDeath: (cause) => engine.die(cause) },
      );
    } catch (error) {
      // What it had opened until then goes with it.
      await thread.end();
      throw error;
    }
    return engine;
  }

  /** What it is doing now. */
  get activity(): EngineActivity {
    return {
      capacity: this.options.maxBatchSize,
      liveRows: this.counters[COUNTERS.liveRows]!,
      pending: this.pending.size,
      steps: this.counters[COUNTERS.steps]!,
      advancedRows: this.counters[COUNTERS.advancedRows]!,
      stepsByRows: ROW_BOUNDS.map((rows, at) => ({ rows, steps: this.counters[COUNTERS.stepsByRows + at]! })),
    };
  }

  /** Whether its thread has ended by itself; every completion is refused then, and the bundle has to be opened again. */
  get isDead(): boolean {
    return this.death !== null;
  }

  /** Runs both graphs once, so that the first request does not pay for allocation. */
  async warmUp(): Promise<void> {
    const prompt = [this.tokenizer.documentId, this.tokenizer.documentId];
    await this.complete({ ...PLAIN_REQUEST, prompt, maxTokens: 2 });
  }

  /**
   * Completes one prompt.
   * @throws invalid_value for a token id outside the vocabulary, server_is_overloaded, or the signal's reason
   */
  async complete(request: CompletionRequest, options: CompletionOptions = {}): Promise<CompletionResult> {
    const { signal } = options;
    signal?.throwIfAborted();
    this.refuseWhenClosed();
    const texts = request.beamSearch ? request.beamSearch.width : request.bestOf;
    this.refuseTooMany(texts);
    this.texts += texts;
    const id = this.nextId++;
    const cancel = (): void => {
      this.send({ kind: 'cancel', id });
    };
    try {
      const { prompt } = request;
      const isLong = typeof prompt === 'string' && prompt.length > TURN_CHARACTERS;
      const promptTokens = isLong ? await this.tokenizer.encodeInTurns(prompt, signal) : this.promptTokens(prompt);
      if (isLong) {
        signal?.throwIfAborted();
        this.refuseWhenClosed();
      }
      const tokenized = this.tokenized(request, promptTokens);
      return await new Promise<CompletionResult>((resolve, reject) => {
        this.pending.set(id, { texts, options, resolve, reject });
        signal?.addEventListener('abort', cancel, { once: true });
        this.send({ kind: 'complete', id, request: tokenized, pieces: options.onDelta !== undefined });
      });
    } finally {
      this.texts -= texts;
      signal?.removeEventListener('abort', cancel);
    }
  }

  /**
   * Scores texts, each as the beginning of a document, by the graph that generates: at low priority, beside what is generated.
   * @param texts token ids of this model, without `<doc>`
   * @throws server_is_overloaded when it is unloaded before the end
   */
  async score(texts: readonly (readonly number[])[]): Promise<Scoring> {
    this.refuseWhenClosed();
    const id = this.nextId++;
    return new Promise<Scoring>((resolve, reject) => {
      this.scorings.set(id, { resolve, reject });
      this.send({ kind: 'score', id, texts });
    });
  }

  /** Refuses new texts, waits for those under way, then frees the model. */
  close(): Promise<void> {
    this.closing ??= this.finish();
    return this.closing;
  }

  private async finish(): Promise<void> {
    await this.thread.close();
    if (this.thread.hasEnded) return;
    this.die(undefined);
    await this.decodeThreads.giveBack(this.thread);
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
    for (const [id, result] of finished) this.take(id)?.resolve(result);
    for (const [id, scoring] of scored) this.takeScoring(id)?.resolve(scoring);
    for (const [id, error] of failed) {
      this.takeScoring(id)?.reject(unpackError(error));
      const pending = this.take(id);
      const signal = pending?.options.signal;
      pending?.reject(signal?.aborted ? signal.reason : unpackError(error));
    }
  }

  private take(id: number): Pending | undefined {
    const pending = this.pending.get(id);
    this.pending.delete(id);
    return pending;
  }

  private takeScoring(id: number): PendingScoring | undefined {
    const scoring = this.scorings.get(id);
    this.scorings.delete(id);
    return scoring;
  }

  private die(cause: unknown): void {
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

  private refuseWhenClosed(): void {
    if (this.death) throw this.death;
    if (!this.closing) return;
    throw new CodedError('server_is_overloaded', 'This model version is being unloaded. Send the request again.', {
      retryAfterMs: 1000,
    });
  }

  private refuseTooMany(texts: number): void {
    const waiting = this.texts + texts - this.options.maxBatchSize;
    if (this.texts === 0 || waiting <= this.options.maxQueued) return;
    throw new CodedError(
      'server_is_overloaded',
      `${this.texts} texts are being generated or wait; with this request ${waiting} would wait, and the limit is ${this.options.maxQueued}. Send the request again later.`,
      { retryAfterMs: 1000 },
    );
  }

  private tokenized(
    { prompt, truncatePromptTokens, ...request }: CompletionRequest,
    all: readonly number[],
  ): TokenizedRequest {
    const promptIds = truncatePromptTokens === null ? all : all.slice(Math.max(0, all.length - truncatePromptTokens));
    const isWhole = promptIds.length === all.length;
    const promptText = typeof prompt === 'string' && isWhole ? prompt : this.tokenizer.decode(promptIds);
    return { ...request, promptIds, promptText };
  }

  private promptTokens(prompt: CompletionRequest['prompt']): readonly number[] {
    if (prompt === null) return [];
    if (typeof prompt === 'string') return this.tokenizer.encode(prompt);
    const { vocabularySize } = this.config;
    const wrong = prompt.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabularySize);
    if (wrong === undefined) return prompt;
    throw new CodedError(
      'invalid_value',
      `prompt: token ids run from 0 to ${vocabularySize - 1}, ${wrong} was given.`,
      { param: 'prompt' },
    );
  }
}
