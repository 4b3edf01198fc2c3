import type { CompletionOptions, CompletionRequest, CompletionResult } from '#language-model';
import type { LoadedVersion } from '../models/loaded-version.js';
import type { Admission } from './admission.js';
import type { CompletionMetrics } from './completion-metrics.js';
import type { FinishReason, Generation } from './generation.js';
import type { ValidCompletionRequest } from './valid-completion-request.js';

/** How a run can be listened to and stopped. */
export interface RunOptions {
  readonly signal: AbortSignal;
  readonly onText?: (index: number, text: string) => void;
  readonly onFinished?: (index: number, finishReason: FinishReason) => void;
}

/** What a task needs around its request. */
export interface TaskContext {
  readonly loaded: LoadedVersion;
  /** One for each prompt. */
  readonly calls: readonly CompletionRequest[];
  readonly admission: Admission;
  readonly metrics: CompletionMetrics;
  /** Gives the version back; called once, when the last choice has ended. */
  readonly release: () => void;
}

/** An admitted request on a version that stays loaded until the run is over. {@link run} must be called once. */
export class CompletionTask {
  readonly loaded: LoadedVersion;

  constructor(
    readonly request: ValidCompletionRequest,
    private readonly context: TaskContext,
  ) {
    this.loaded = context.loaded;
  }

  /**
   * Generates every choice; they share the steps of the decoder. When one fails, the others are stopped.
   * @throws cancelled after `signal`
   */
  async run(options: RunOptions): Promise<Generation> {
    const { request, context } = this;
    const failure = new AbortController();
    const signal = AbortSignal.any([options.signal, failure.signal]);
    const runs = context.calls.map(async (call, index) => {
      try {
        return await this.#runPrompt(call, index * request.choicesPerPrompt, { ...options, signal });
      } catch (error) {
        // The first to fail has the reason; the others only say that they were stopped.
        if (!failure.signal.aborted) failure.abort(error);
        throw error;
      } finally {
        for (let choice = 0; choice < request.choicesPerPrompt; choice++) context.admission.leave();
      }
    });
    // Each of them has ended before the version is given back.
    await Promise.allSettled(runs);
    context.release();
    if (failure.signal.aborted) throw failure.signal.reason;
    const results = await Promise.all(runs);
    return {
      choices: results.flatMap(({ choices }) => choices),
      promptTokens: sum(results.map(({ promptTokens }) => promptTokens)),
      completionTokens: sum(results.map(({ completionTokens }) => completionTokens)),
    };
  }

  async #runPrompt(call: CompletionRequest, firstIndex: number, options: RunOptions): Promise<CompletionResult> {
    const { loaded, request } = this;
    const { onText, onFinished, signal } = options;
    const timer = this.context.metrics.start(loaded.version.id);
    const onDelta: CompletionOptions['onDelta'] = (choice, { text, finishReason }) => {
      timer.sawText();
      if (text !== '') onText?.(firstIndex + choice, text);
      if (finishReason !== null) onFinished?.(firstIndex + choice, finishReason);
    };
    const result = await loaded.engine.complete(call, request.stream ? { signal, onDelta } : { signal });
    timer.finished(result.promptTokens, result.completionTokens);
    return result;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
