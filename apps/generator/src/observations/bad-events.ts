import { isCodedError } from '#errors';
import type { MetricName, ReleasePolicy } from '#release-policy';
import type { CompletionOutcome } from '../completions/completion-metrics.js';
import type { FinishReason } from '../completions/generation.js';
import { repeatsItself } from './repeats-itself.js';

/** A completion request that is over. */
export interface EndedCompletion {
  readonly outcome: CompletionOutcome;
  /** Why it failed; null unless it did. */
  readonly error: unknown;
  readonly totalMs: number;
  readonly completionTokens: number;
  /** What was generated for its choices; a text may be cut after some thousand characters. */
  readonly choices: readonly { readonly text: string; readonly finishReason: FinishReason | null }[];
}

/** What a request asked for, as far as it makes a difference. */
interface AskedFor {
  readonly maxTokens: number;
  readonly stop: readonly string[];
  readonly echo: boolean;
}

/** Something that a reader would not want, and what was measured. */
interface BadEvent {
  readonly metric: MetricName;
  readonly value: number;
}

/** What went wrong with a request, each thing at most once. What the client is at fault for does not count. */
export function badEvents(
  ended: EndedCompletion,
  asked: AskedFor,
  { metrics: { latency } }: Pick<ReleasePolicy, 'metrics'>,
): readonly BadEvent[] {
  const { outcome, totalMs, completionTokens, choices } = ended;
  if (outcome === 'failed') return isFaultOfServer(ended.error) ? [{ metric: 'errors', value: 1 }] : [];
  const events: BadEvent[] = [];
  // Also where the client has given up: it may well be because it had to wait.
  if (totalMs > latency.limitMs + latency.limitMsPerToken * completionTokens)
    events.push({ metric: 'latency', value: totalMs });
  if (outcome === 'cancelled' || asked.maxTokens === 0) return events;
  if (choices.some(({ text }) => repeatsItself(text))) events.push({ metric: 'repetition', value: 1 });
  // A stop string may come first.
  if (asked.stop.length === 0 && !asked.echo && choices.some(({ text }) => text.trim() === ''))
    events.push({ metric: 'empty_output', value: 1 });
  if (choices.some(({ finishReason }) => finishReason === 'length'))
    events.push({ metric: 'truncation', value: completionTokens });
  return events;
}

function isFaultOfServer(error: unknown): boolean {
  return !isCodedError(error) || error.status >= 500;
}
