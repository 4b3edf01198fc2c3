import { METRIC_NAMES, METRICS, type MetricName } from '../metrics.js';
import type { ReleasePolicy } from '../policy/release-policy.js';
import { logMeanExp, softplusInverse } from '../statistics/log-domain.js';
import type { MetricStatistics, ReleaseStatistics, Sample } from '../statistics/release-statistics.js';
import { logBound, logWatchBound } from '../statistics/bounds.js';

/** How far the evidence for one decision has come. */
export interface Distance {
  /** The wealth of the bets, and what decides; null where the decision can never come. The largest double stands for more. */
  readonly wealth: number;
  readonly bound: number | null;
  /** Largest wealth there has been: what a rollback is decided by. */
  readonly peak: number;
  /** Nats of log-wealth that are missing; 0 when decided, null where the decision can never come. */
  readonly missingNats: number | null;
}

/** One metric, for people and the API. */
export interface MetricExplanation {
  readonly metric: MetricName;
  readonly meaning: string;
  readonly margin: number;
  readonly required: boolean;
  /**
   * Before promotion. Mean of texts: candidate less incumbent in nats, each cut at the scale. Mean of events: the candidate's part
   * of them less its part of the requests. Null where nothing was seen.
   */
  readonly n: number;
  readonly mean: number | null;
  readonly rollback: Distance;
  readonly promotion: Distance;
  /** The same since promotion, and the detector of a change. */
  readonly watch: { readonly n: number; readonly mean: number | null; readonly change: Distance };
}

/** All that a release is judged by, in numbers. */
export interface Explanation {
  readonly observations: number;
  readonly ignored: number;
  /** Answered requests, and how many the candidate answered beyond its share of them. */
  readonly requests: {
    readonly n: number;
    readonly candidates: number;
    readonly excess: number;
    readonly imbalance: Distance;
  };
  readonly metrics: readonly MetricExplanation[];
}

/** The state of every metric, with its distance to each decision. */
export function explain(policy: ReleasePolicy, statistics: ReleaseStatistics): Explanation {
  const { requests, observations, ignored } = statistics;
  const imbalance = logMeanExp(requests.shares);
  return {
    observations,
    ignored,
    requests: {
      n: requests.n,
      candidates: requests.candidates,
      excess: requests.sum,
      imbalance: distance(imbalance, imbalance, logBound(policy.sampleRatioBudget)),
    },
    metrics: METRIC_NAMES.map((name) => explainMetric(policy, name, statistics.metrics[name])),
  };
}

function explainMetric(policy: ReleasePolicy, metric: MetricName, statistics: MetricStatistics): MetricExplanation {
  const { margin, required, budget, promotionBudget } = policy.metrics[metric];
  const promotion = logMeanExp(statistics.promotion);
  const detector = logMeanExp(statistics.detectors.map(softplusInverse));
  return {
    metric,
    meaning: METRICS[metric].meaning,
    margin,
    required,
    n: statistics.before.n,
    mean: meanOf(statistics.before),
    rollback: distance(logMeanExp(statistics.rollback), statistics.rollbackPeak, logBound(budget)),
    promotion: distance(promotion, promotion, required ? logBound(promotionBudget) : Infinity),
    watch: {
      n: statistics.watch.n,
      mean: meanOf(statistics.watch),
      change: distance(detector, statistics.watchPeak, logWatchBound(policy, metric)),
    },
  };
}

function distance(log: number, peak: number, bound: number): Distance {
  const isPossible = Number.isFinite(bound);
  return {
    wealth: finiteExp(log),
    bound: isPossible ? finiteExp(bound) : null,
    peak: finiteExp(peak),
    missingNats: isPossible ? Math.max(0, bound - peak) : null,
  };
}

function meanOf({ n, sum }: Sample): number | null {
  return n === 0 ? null : sum / n;
}

/** exp(log), the largest double where that is too much: JSON knows no infinity. */
function finiteExp(log: number): number {
  return Math.min(Math.exp(log), Number.MAX_VALUE);
}
