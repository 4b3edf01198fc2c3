import { isPaired, METRIC_NAMES, type MetricName } from '../metrics.js';
import type { ReleasePolicy } from '../policy/release-policy.js';
import { likeliestRatio, meanLimits, ratioLimits, type LimitChances, type Limits } from '../statistics/limits.js';
import type { MetricStatistics, ReleaseStatistics, Sample } from '../statistics/release-statistics.js';
import type { Tally } from '../statistics/tally.js';

/** Chance that an interval holds the true value, at all times at once. */
const LEVEL = 0.95;
const TAILS: LimitChances = { lower: (1 - LEVEL) / 2, upper: (1 - LEVEL) / 2 };

/** Where the true value lies, whenever and however often one looks. */
export interface Interval {
  readonly lower: number;
  /** null: as large as can be. */
  readonly upper: number | null;
  readonly level: number;
}

/** How far a decision is, in the unit of the metric. */
export interface DistanceInUnits {
  /** The value is above this (rollback) or below it (promotion), by as much evidence as the decision asks for. null: not known. */
  readonly shown: number | null;
  /** From there to the limit; 0 or less once decided. null where nothing is shown yet or the decision can never come. */
  readonly distance: number | null;
}

/** What is known of one harm, in its own unit. */
export interface MetricEstimate {
  readonly metric: MetricName;
  /** Nats of loss per token, candidate less incumbent; or how many times as often as with the incumbent. */
  readonly unit: 'nats_per_token' | 'times';
  /** Chance that an interval holds the true value, at all times at once. */
  readonly level: number;
  /** The largest value that is not harm: what intervals and distances are held against. */
  readonly limit: number;
  /** Before promotion; null where nothing was seen, or where the incumbent has no bad event to be compared with. */
  readonly estimate: number | null;
  readonly interval: Interval | null;
  readonly rollback: DistanceInUnits;
  readonly promotion: DistanceInUnits;
  /** The same since promotion. */
  readonly watch: { readonly estimate: number | null; readonly interval: Interval | null };
}

/**
 * The value of every metric with an interval: all values that the bets of the release, made on them as the margin, do not rule out.
 * It holds at all times at once, so that it may be looked at again and again. Texts are cut at the scale and taken by blocks, as
 * they are bet on.
 *
 * @see Waudby-Smith & Ramdas, https://arxiv.org/abs/2010.09686, section 4: a confidence sequence is an inverted test by betting
 */
export function estimate(policy: ReleasePolicy, { metrics }: ReleaseStatistics): readonly MetricEstimate[] {
  return METRIC_NAMES.map((name) => estimateMetric(policy, name, metrics[name]));
}

const NEVER: DistanceInUnits = { shown: null, distance: null };

function estimateMetric(policy: ReleasePolicy, metric: MetricName, statistics: MetricStatistics): MetricEstimate {
  const { margin, budget, promotionBudget, required } = policy.metrics[metric];
  const { tallies, before, watch } = statistics;
  const measure = isPaired(metric) ? measureTexts(policy.metrics[metric].scale) : EVENTS;
  const limit = isPaired(metric) ? margin : 1 + margin;
  const { lower, upper } = measure.limits(tallies.before, { lower: budget, upper: promotionBudget });
  const shownUpper = finiteOrNull(upper);
  return {
    metric,
    unit: isPaired(metric) ? 'nats_per_token' : 'times',
    level: LEVEL,
    limit,
    estimate: measure.value(tallies.before, before),
    interval: intervalOf(measure.limits, tallies.before),
    rollback: budget === 0 ? NEVER : { shown: lower, distance: limit - lower },
    promotion: required ? { shown: shownUpper, distance: shownUpper === null ? null : shownUpper - limit } : NEVER,
    watch: { estimate: measure.value(tallies.watch, watch), interval: intervalOf(measure.limits, tallies.watch) },
  };
}

/** How a metric's value and its limits come from what was seen. */
interface Measure {
  readonly value: (tally: Tally, sample: Sample) => number | null;
  readonly limits: (tally: Tally, chances: LimitChances) => Limits;
}

const EVENTS: Measure = {
  value: (tally) => finiteOrNull(likeliestRatio(tally)),
  limits: ratioLimits,
};

function measureTexts(scale: number): Measure {
  return {
    value: (_tally, { n, sum }) => (n === 0 ? null : sum / n),
    limits: (tally, chances) => {
      const { lower, upper } = meanLimits(tally, chances);
      return { lower: lower * scale, upper: upper * scale };
    },
  };
}

function intervalOf(limits: Measure['limits'], tally: Tally): Interval | null {
  if (tally.length === 0) return null;
  const { lower, upper } = limits(tally, TAILS);
  return { lower, upper: finiteOrNull(upper), level: LEVEL };
}

function finiteOrNull(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}
