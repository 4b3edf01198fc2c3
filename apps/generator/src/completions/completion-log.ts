import type { CompletionTask } from './completion-task.js';
import type { Generation } from './generation.js';

/**
 * What the log line of a request says of its completion.
 * @param shown what was generated, where texts may be logged; null leaves them out
 */
export function requestLogFields({ request, context, measurement }: CompletionTask, shown: Generation | null): object {
  return {
    version: context.loaded.version.id,
    arm: context.arm,
    stream: request.stream,
    choices: request.choiceCount,
    outcome: measurement.outcome,
    promptTokens: measurement.promptTokens,
    completionTokens: measurement.completionTokens,
    queuedMs: rounded(measurement.queuedMs),
    firstTokenMs: rounded(measurement.firstTokenMs),
    totalMs: rounded(measurement.totalMs),
    ...(shown === null ? {} : { prompts: request.prompts, texts: shown.choices.map(({ text }) => text) }),
  };
}

/** To a tenth of a millisecond. */
function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 10) / 10;
}
