import type { ChoiceDelta, CompletionRequest, CompletionResult } from '#language-model';
import type { Load } from '../admission/drain-rate.js';
import type { KeyUse } from '../admission/key-limits.js';
import type { Place } from '../admission/version-line.js';
import type { Faults } from '../models/faults.js';
import type { TraceScope } from '#observability';
import type { LoadedVersion } from '../models/loaded-version.js';
import type { EndedCompletion } from '../observations/bad-events.js';
import { EndedTexts } from '../observations/ended-texts.js';
import type { ReleaseArm } from '../releases/release-arms.js';
import type { CompletionMetrics, CompletionOutcome, RequestMeasurement } from './completion-metrics.js';
import type { Generation } from './generation.js';
import { traceCall } from './trace-call.js';
import type { ValidCompletionRequest } from './valid-completion-request.js';

/** How a run can be listened to and stopped. */
export interface RunOptions {
  readonly signal: AbortSignal;
  /** Told what each choice of the answer grows by. */
  readonly onDelta?: (index: number, delta: ChoiceDelta) => void;
}

/** A prompt, as the engine takes it, with the place that it was admitted to. */
export interface AdmittedCall {
  readonly call: CompletionRequest;
  readonly load: Load;
  readonly place: Place;
}

/** What a task needs around its request. */
export interface TaskContext {
  readonly id: string;
  readonly trace: TraceScope | null;
  /** Of the answer. */
  readonly completionId: string;
  readonly loaded: LoadedVersion;
  readonly arm: ReleaseArm;
  readonly faults: Faults | null;
  readonly calls: readonly AdmittedCall[];
  readonly keyUse: KeyUse;
  readonly metrics: CompletionMetrics;
  /** When the request arrived, on the clock of `performance.now()`. */
  readonly arrivedAtMs: number;
  /** Gives the version back; called once, when the last choice has ended. */
  readonly release: () => void;
  /** Told once how it ended. */
  readonly onEnded: (ended: EndedCompletion) => void;
}

/** An admitted request on a version that stays loaded until the run is over. {@link run} must be called once. */
export class CompletionTask {
  #queuedMs: number | null = null;
  #firstTokenMs: number | null = null;
  #completionTokens = 0;
  #promptTokens = 0;
  /** What the key pays for: prompts under way by their estimate, so that leaving before the end is not cheaper. */
  #chargedTokens = 0;
  #outcome: CompletionOutcome | null = null;

  constructor(
    readonly request: ValidCompletionRequest,
    readonly context: TaskContext,
  ) {}

  /** Whether some of it is being decoded. */
  get hasBegun(): boolean {
    return this.#queuedMs !== null;
  }

  /** What is known of the finished prompts, and of the request as a whole when it has ended. */
  get measurement(): Omit<RequestMeasurement, 'outcome'> & {
    readonly outcome: CompletionOutcome | null;
    readonly promptTokens: number;
    readonly completionTokens: number;
  } {
    return {
      outcome: this.#outcome,
      queuedMs: this.#queuedMs,
      firstTokenMs: this.#firstTokenMs,
      totalMs: performance.now() - this.context.arrivedAtMs,
      promptTokens: this.#promptTokens,
      completionTokens: this.#completionTokens,
    };
  }

  /**
   * Generates every choice; they share the steps of the decoder. When a prompt fails, the others are stopped.
   * @throws the reason of `signal`
   */
  async run(options: RunOptions): Promise<Generation> {
    const { context } = this;
    const failure = new AbortController();
    const signal = AbortSignal.any([options.signal, failure.signal]);
    const { onDelta } = options;
    const streamed = new EndedTexts();
    const listened: RunOptions = {
      signal,
      ...(onDelta && {
        onDelta: (index, delta) => {
          streamed.add(index, delta);
          onDelta(index, delta);
        },
      }),
    };
    const runs = context.calls.map(async (admitted, index) => {
      try {
        return await this.#traceCall(admitted, index * this.request.choicesPerPrompt, listened);
      } catch (error) {
        // The first to fail has the reason; the others only say that they were stopped.
        if (!failure.signal.aborted) failure.abort(error);
        throw error;
      } finally {
        admitted.place.leave();
      }
    });
    // Each of them has ended before the version is given back.
    const settled = await Promise.allSettled(runs);
    const choices = settled.flatMap((result) => (result.status === 'fulfilled' ? result.value.choices : []));
    const outcome = options.signal.aborted ? 'cancelled' : failure.signal.aborted ? 'failed' : 'completed';
    this.#end(outcome, failure.signal.reason, onDelta ? streamed.choices : choices);
    if (failure.signal.aborted) throw failure.signal.reason;
    return {
      choices,
      promptTokens: this.#promptTokens,
      completionTokens: this.#completionTokens,
    };
  }

  /** Runs a call, and tells of it where the request is traced. */
  async #traceCall(admitted: AdmittedCall, firstIndex: number, options: RunOptions): Promise<CompletionResult> {
    const { trace, arrivedAtMs, loaded, arm } = this.context;
    if (trace === null) return this.#runCall(admitted, firstIndex, options);
    let begunAtMs: number | null = null;
    const tell = (ended: { readonly result: CompletionResult | null; readonly error?: unknown }): void =>
      traceCall(trace, {
        arrivedAtMs,
        begunAtMs,
        endedAtMs: performance.now(),
        versionId: loaded.version.id,
        arm,
        ...ended,
      });
    const traced = { ...admitted, call: { ...admitted.call, traced: true } };
    try {
      const result = await this.#runCall(traced, firstIndex, options, () => (begunAtMs = performance.now()));
      tell({ result });
      return result;
    } catch (error) {
      tell({ result: null, error });
      throw error;
    }
  }

  async #runCall(
    { call, load, place }: AdmittedCall,
    firstIndex: number,
    { signal, onDelta }: RunOptions,
    onTurn?: () => void,
  ): Promise<CompletionResult> {
    const { loaded, arrivedAtMs, arm, metrics, faults } = this.context;
    await place.turn(signal);
    onTurn?.();
    const waitedMs = performance.now() - arrivedAtMs;
    this.#queuedMs ??= waitedMs;
    this.#chargedTokens += load.tokens;
    const complete = (): Promise<CompletionResult> =>
      loaded.engine.complete(call, {
        signal,
        ...(onDelta && { onDelta: (choice, delta) => onDelta(firstIndex + choice, delta) }),
      });
    const result = await (faults === null ? complete() : faults.around(loaded.version.id, complete));
    const { promptTokens, completionTokens, timings } = result;
    this.#promptTokens += promptTokens;
    this.#completionTokens += completionTokens;
    this.#chargedTokens += promptTokens + completionTokens - load.tokens;
    if (timings.firstTokenMs !== null) {
      const firstTokenMs = waitedMs + timings.firstTokenMs;
      this.#firstTokenMs = Math.min(this.#firstTokenMs ?? Infinity, firstTokenMs);
    }
    const tokensPerSequence = completionTokens / load.sequences;
    metrics.measuredPrompt(
      { version: loaded.version.id, arm },
      { promptTokens, completionTokens, tokenMs: tokensPerSequence < 2 ? null : timings.decodeMs / tokensPerSequence },
    );
    return result;
  }

  #end(outcome: CompletionOutcome, error: unknown, choices: EndedCompletion['choices']): void {
    const { loaded, arm, metrics, keyUse, release, onEnded } = this.context;
    this.#outcome = outcome;
    keyUse.end(this.#chargedTokens);
    release();
    const { measurement } = this;
    metrics.measuredRequest({ version: loaded.version.id, arm }, { ...measurement, outcome });
    onEnded({ ...measurement, outcome, error, choices });
  }
}
