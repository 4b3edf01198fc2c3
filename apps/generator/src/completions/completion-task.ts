import type { CompletionResult } from '#language-model';
import type { LoadedVersion } from '../models/loaded-version.js';
import type { Admission } from './admission.js';
import type { CompletionMetrics } from './completion-metrics.js';
import type { EngineCall } from './engine-request.js';
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
  readonly calls: readonly EngineCall[];
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
    const runs = context.calls.map(async (call) => {
      try {
        return await this.#runChoice(call, { ...options, signal });
      } catch (error) {
        // The first to fail has the reason; the others only say that they were stopped.
        if (!failure.signal.aborted) failure.abort(error);
        throw error;
      } finally {
        context.admission.leave();
      }
    });
    // Each of them has ended before the version is given back.
    await Promise.allSettled(runs);
    context.release();
    if (failure.signal.aborted) throw failure.signal.reason;
    const choices = await Promise.all(runs);
    return {
      choices,
      promptTokens: sum(
        choices.map((choice, index) => (index % request.choicesPerPrompt === 0 ? choice.promptTokens : 0)),
      ),
      completionTokens: sum(choices.map((choice) => choice.completionTokens)),
    };
  }

  async #runChoice({ index, request }: EngineCall, options: RunOptions): Promise<CompletionResult> {
    const { loaded } = this;
    const timer = this.context.metrics.start(loaded.version.id);
    const choice = await loaded.engine.complete(request, {
      signal: options.signal,
      onText: (delta) => {
        timer.sawText();
        options.onText?.(index, delta);
      },
    });
    timer.finished(choice.promptTokens, choice.completionTokens);
    options.onFinished?.(index, choice.finishReason);
    return choice;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
