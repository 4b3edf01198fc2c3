import type { ExplainedRelease, ReleaseMetric } from '../../serving/serving-types.js';
import { percent, signed } from '../../format/numbers.js';

/** A step of the way of a release. */
export interface StageStep {
  readonly title: string;
  /** What is done with the traffic. */
  readonly text: string;
  readonly state: 'done' | 'now' | 'ahead' | 'stopped';
}

interface PolicyStage {
  readonly share: number;
}

/** The way that a release takes, and where it is; one that ended early stopped where it was. */
export function stepsOf(release: ExplainedRelease): readonly StageStep[] {
  const stages = stagesOf(release);
  const { stage_index: now, state } = release;
  const hasEnded = release.ended_at !== null;
  const stateOf = (index: number): StageStep['state'] => {
    if (index < now || state === 'completed') return 'done';
    if (index > now) return 'ahead';
    return hasEnded ? 'stopped' : 'now';
  };
  const steps = stages.map(({ share }, index): StageStep => ({
    title: share === 0 ? 'Shadow' : 'Canary',
    text: share === 0 ? 'only scored' : percent(share, share < 0.01 ? 1 : 0),
    state: stateOf(index),
  }));
  return [
    ...steps,
    { title: 'Watched', text: 'promoted', state: stateOf(stages.length) },
    { title: 'Completed', text: 'nothing to watch', state: state === 'completed' ? 'done' : 'ahead' },
  ];
}

function stagesOf({ policy_document: policy }: ExplainedRelease): readonly PolicyStage[] {
  const stages = policy['stages'];
  return Array.isArray(stages) ? (stages as PolicyStage[]) : [];
}

/** What the next step of a release is called, where a person takes it there now. */
export function nextStageText(release: ExplainedRelease): string {
  const stages = stagesOf(release);
  if (release.stage === 'watched')
    return 'The watch ends now: the candidate stays, and nothing compares it with the version before any more.';
  const next = stages[release.stage_index + 1];
  if (next === undefined)
    return `The candidate becomes the incumbent of ${release.deployment} now, without waiting for evidence, and is watched.`;
  return `The candidate answers ${percent(next.share, 0)} of the requests from now on, without waiting for evidence. It is still rolled back when it is shown to be worse.`;
}

const NAMES: Readonly<Record<string, string>> = {
  paired_loss: 'Loss on live text',
  probe_loss: 'Loss on probes',
  errors: 'Errors',
  latency: 'Slow answers',
  repetition: 'Repetition',
  empty_output: 'Empty answers',
  truncation: 'Cut answers',
  feedback: 'Rejected by readers',
};

/** What people call a metric. */
export function metricName(metric: string): string {
  return NAMES[metric] ?? metric.replaceAll('_', ' ');
}

/** A value in the unit of its metric: `+0.012 nats`, `1.8×`. */
export function inUnit(value: number | null, unit: ReleaseMetric['unit']): string {
  if (value === null) return 'unknown';
  return unit === 'times' ? `${value.toFixed(2)}×` : `${signed(value, 3)} nats`;
}

/** An interval in the unit of its metric. */
export function intervalText(interval: ReleaseMetric['interval'], unit: ReleaseMetric['unit']): string {
  if (interval === null) return 'nothing seen yet';
  const { lower, upper, level } = interval;
  const to = upper === null ? 'any' : inUnit(upper, unit);
  return `${inUnit(lower, unit)} to ${to}, at ${percent(level, 0)}`;
}

/**
 * How far a decision is by its evidence: the logarithm of the wealth of the bets, of that which decides.
 * @returns 0 to 1; null where the decision can never come
 */
export function progressOf(distance: { readonly wealth: number; readonly bound: number | null }): number | null {
  const { wealth, bound } = distance;
  if (bound === null || bound <= 1) return null;
  return Math.min(1, Math.max(0, Math.log(Math.max(wealth, 1e-300)) / Math.log(bound)));
}

/** Odds as people read them: `×1.4`, `×250`, `×10⁷`. */
export function odds(value: number): string {
  if (value >= 1e6) return `×10${superscript(Math.round(Math.log10(value)))}`;
  if (value >= 100) return `×${Math.round(value)}`;
  if (value >= 0.1) return `×${Number(value.toPrecision(2))}`;
  return '×0';
}

function superscript(value: number): string {
  return String(value).replaceAll(/\d/g, (digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'.charAt(Number(digit)));
}

/** Whether a metric has anything to show: it decides, or something was seen of it. */
export function isTelling({ n, watch, required }: ReleaseMetric): boolean {
  return required || n > 0 || watch.n > 0;
}
