import type { EventMetric, PairedMetric } from '../metrics.js';
import type { Observation } from '../observation.js';
import type { ReleasePolicy } from '../policy/release-policy.js';
import { betsOnFewerEvents, betsOnMoreEvents, betsOnNotWorse, betsOnWorse, type LogFactors } from './bets.js';
import type { MetricStatistics } from './release-statistics.js';
import { binOf } from './tally.js';

/** What there is to bet on: an event, or a block of texts. */
export interface Evidence {
  /** Events or texts. */
  readonly count: number;
  readonly candidates: number;
  /** Adds to the sample's sum. */
  readonly amount: number;
  /** What it adds to a tally, and where. */
  readonly tally: { readonly at: number; readonly amount: number };
  readonly worse: LogFactors;
  readonly notWorse: LogFactors;
}

/** Texts that wait until their block is complete, and the evidence of the one that now is. */
interface BlockStep {
  readonly block: MetricStatistics['block'];
  readonly evidence: Evidence | null;
}

/** Adds a text to its block. A single text weighs at most as much as a whole block, so that one without a number is as bad as can be. */
export function addText(
  policy: ReleasePolicy,
  metric: PairedMetric,
  before: MetricStatistics['block'],
  value: number,
): BlockStep {
  const { margin, scale, block } = policy.metrics[metric];
  const n = before.n + 1;
  const sum = before.sum + cut(value / scale, block);
  if (n < block) return { block: { n, sum }, evidence: null };
  const x = cut(sum / n, 1);
  const d = margin / scale;
  const evidence = {
    count: n,
    candidates: 0,
    amount: n * x * scale,
    tally: { at: binOf(x), amount: x },
    worse: betsOnWorse(x, d),
    notWorse: betsOnNotWorse(x, d),
  };
  return { block: { n: 0, sum: 0 }, evidence };
}

/** What a bad event says; null where its arm was not drawn. */
export function eventEvidence(policy: ReleasePolicy, metric: EventMetric, observation: Observation): Evidence | null {
  if (!isDrawn(observation)) return null;
  const { share } = observation;
  const isCandidate = observation.arm === 'candidate';
  const { margin } = policy.metrics[metric];
  return {
    count: 1,
    candidates: isCandidate ? 1 : 0,
    amount: (isCandidate ? 1 : 0) - share,
    tally: { at: share, amount: isCandidate ? 1 : 0 },
    worse: betsOnMoreEvents(isCandidate, share, margin),
    notWorse: betsOnFewerEvents(isCandidate, share, margin),
  };
}

/** Whether the arm was drawn with a share that leaves both possible. */
export function isDrawn({ arm, share }: Observation): boolean {
  return arm !== 'both' && share > 0 && share < 1;
}

function cut(x: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, x));
}
