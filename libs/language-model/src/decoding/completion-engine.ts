import { availableParallelism } from 'node:os';
import { CodedError } from '#errors';
import { choosePrecision, type Precision, type PrecisionChoice } from '../bundle/quantization.js';
import { readProbeText, type ProbeText } from '../bundle/probe-text.js';
import { readBundle, type BundleConfig } from '../bundle/read-bundle.js';
import { TURN_CHARACTERS, type Tokenizer } from '../tokenizer/index.js';
import type { Scoring } from './background-scorer.js';
import type { TokenizedRequest } from './completion-decoder.js';
import type { CompletionOptions, CompletionRequest, CompletionResult } from './completion-request.js';
import { DecodeLane } from './decode-lane.js';
import { DecodeThreads } from './decode-threads.js';
import { PLAIN_REQUEST } from './plain-request.js';
import { COUNTERS, ROW_BOUNDS } from './worker-messages.js';

/** How a bundle is served. */
export interface CompletionEngineOptions {
  /** Threads, each of which decodes a share of the sequences; 0 = one per core. Each holds the model's weights. */
  readonly threads: number;
  /** Sequences generated side by side; at most so many threads are started. */
  readonly maxBatchSize: number;
  /** Texts that may wait for a place; more are refused. */
  readonly maxQueued: number;
  /** Default: int8 where the bundle has it and it was measured to hold. */
  readonly precision?: PrecisionChoice | undefined;
  /** Where its threads come from and go back to; default: they are started and ended with the engine. */
  readonly decodeThreads?: DecodeThreads;
}

/** What an engine is doing. */
export interface EngineActivity {
  /** Sequences that it decodes at most, and those that it decodes now. */
  readonly capacity: number;
  readonly liveRows: number;
  /** Threads that decode. */
  readonly threads: number;
  /** Completions that have not ended. */
  readonly pending: number;
  /** Decode steps since the engine was opened, and the rows that they advanced all together. */
  readonly steps: number;
  readonly advancedRows: number;
  /** Steps by the rows that they advanced: at most `rows`, and more than the entry before. */
  readonly stepsByRows: readonly { readonly rows: number; readonly steps: number }[];
}

/** One loaded model version that completes texts, in threads of its own. The owner calls `close`. */
export class CompletionEngine {
  private texts = 0;
  private closing: Promise<void> | undefined;

  private constructor(
    readonly config: BundleConfig,
    /** Arithmetic of its decode steps. */
    readonly precision: Precision,
    readonly tokenizer: Tokenizer,
    /** Held-out text with its measured loss; null where the bundle has none. */
    readonly probeText: ProbeText | null,
    /** At least one. */
    private readonly lanes: readonly DecodeLane[],
    private readonly options: CompletionEngineOptions,
  ) {}

  /**
   * Loads a bundle.
   * @throws bundle_missing, bundle_corrupt when it cannot be read
   */
  static async open(bundleFolder: string, options: CompletionEngineOptions): Promise<CompletionEngine> {
    const { config, tokenizer } = await readBundle(bundleFolder);
    const probeText = await readProbeText(bundleFolder, config.vocabularySize);
    const precision = choosePrecision(options.precision ?? 'auto', config.quantization);
    const { maxBatchSize, decodeThreads = new DecodeThreads(0) } = options;
    const threads = Math.min(options.threads === 0 ? availableParallelism() : options.threads, maxBatchSize);
    const opening = Array.from({ length: threads }, () =>
      DecodeLane.open({ bundleFolder, precision, maxBatchSize }, decodeThreads),
    );
    try {
      const lanes = await Promise.all(opening);
      return new CompletionEngine(config, precision, tokenizer, probeText, lanes, options);
    } catch (error) {
      for (const lane of await Promise.allSettled(opening)) if (lane.status === 'fulfilled') await lane.value.close();
      throw error;
    }
  }

  /** What it is doing now. */
  get activity(): EngineActivity {
    const sum = (at: number): number => this.lanes.reduce((total, { counters }) => total + counters[at]!, 0);
    return {
      capacity: this.options.maxBatchSize,
      threads: this.lanes.length,
      liveRows: sum(COUNTERS.liveRows),
      pending: this.lanes.reduce((total, lane) => total + lane.pendingCount, 0),
      steps: sum(COUNTERS.steps),
      advancedRows: sum(COUNTERS.advancedRows),
      stepsByRows: ROW_BOUNDS.map((rows, at) => ({ rows, steps: sum(COUNTERS.stepsByRows + at) })),
    };
  }

  /** Whether a thread has ended by itself; every completion is refused then, and the bundle has to be opened again. */
  get isDead(): boolean {
    return this.lanes.some((lane) => lane.isDead);
  }

  /** Runs both graphs of each thread once, so that the first requests do not pay for allocation. */
  async warmUp(): Promise<void> {
    const { documentId } = this.tokenizer;
    const { prompt: _, ...request } = { ...PLAIN_REQUEST, maxTokens: 2 };
    const tokenized = { ...request, promptIds: [documentId, documentId], promptText: '' };
    await Promise.all(this.lanes.map((lane) => lane.complete(tokenized, 1, {})));
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
    try {
      const { prompt } = request;
      const isLong = typeof prompt === 'string' && prompt.length > TURN_CHARACTERS;
      const promptTokens = isLong ? await this.tokenizer.encodeInTurns(prompt, signal) : this.promptTokens(prompt);
      if (isLong) this.refuseWhenClosed();
      return await this.idlestLane().complete(this.tokenized(request, promptTokens), texts, options);
    } finally {
      this.texts -= texts;
    }
  }

  /**
   * Scores texts, each as the beginning of a document, by the graph that generates: at low priority, beside what is generated.
   * @param texts token ids of this model, without `<doc>`
   * @throws server_is_overloaded when it is unloaded before the end
   */
  async score(texts: readonly (readonly number[])[]): Promise<Scoring> {
    this.refuseWhenClosed();
    return this.idlestLane().score(texts);
  }

  /** Refuses new texts, waits for those under way, then frees the model. */
  close(): Promise<void> {
    this.closing ??= Promise.all(this.lanes.map((lane) => lane.close())).then(() => undefined);
    return this.closing;
  }

  // A row computes the same in every lane, so it does not matter to the texts which one it is.
  private idlestLane(): DecodeLane {
    return this.lanes.reduce((idlest, lane) => (lane.texts < idlest.texts ? lane : idlest));
  }

  private refuseWhenClosed(): void {
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
