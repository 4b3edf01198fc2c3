import { isPaired, METRIC_NAMES, type MetricName } from '../metrics.js';
import { BETS } from './bets.js';
import type { Tally } from './tally.js';

/** What was seen of one metric. */
export interface Sample {
  readonly n: number;
  /** Events of the candidate; 0 for texts. */
  readonly candidates: number;
  /** Texts: sum of the differences in nats, cut at the scale as they were bet on. Events: events of the candidate less their expected number at equal rates. */
  readonly sum: number;
}

/** One harm: what was seen before promotion and since, and what betting on it has won. All logarithms are natural. */
export interface MetricStatistics {
  /** Texts of a block that is not complete, and the sum of their differences in scales; they are in no other number yet. */
  readonly block: { readonly n: number; readonly sum: number };
  readonly before: Sample;
  /** Log-wealth of each bet that the candidate is worse than the margin. */
  readonly rollback: readonly number[];
  /** Largest logarithm that their mean wealth has had; at least 0, the beginning. */
  readonly rollbackPeak: number;
  /** Log-wealth of each bet that the candidate is not as bad as the margin. */
  readonly promotion: readonly number[];
  readonly watch: Sample;
  /** log(1 + M) of each bet's detector M, the sum of the wealths of bettors who began at each observation of the watch. */
  readonly detectors: readonly number[];
  /** Largest logarithm that the detectors' mean has had; at least 0. */
  readonly watchPeak: number;
  /** What was bet on, for intervals: before promotion, and since. */
  readonly tallies: { readonly before: Tally; readonly watch: Tally };
}

/** Everything that verdicts are made from: plain data, of a size that does not grow, the same bits after being stored as JSON. */
export interface ReleaseStatistics {
  /** 1: begun by a version that kept no tallies; they hold only what came since. */
  readonly format: 1 | 2;
  /** Observations that were folded, and those of them that count for nothing. */
  readonly observations: number;
  readonly ignored: number;
  readonly metrics: Readonly<Record<MetricName, MetricStatistics>>;
  /**
   * Answered requests by arm, and the bets against the shares. Their peak is kept and not judged by: a row counts one arm's requests of
   * half a second, so that the bets rise with one arm and fall with the other, however fairly arms are drawn.
   */
  readonly requests: Sample & { readonly shares: readonly number[]; readonly sharesPeak: number };
  /** The latest stage that an observation came from, and what was seen in it. */
  readonly stage: {
    readonly index: number;
    readonly candidateRequests: number;
    readonly observations: Readonly<Record<MetricName, number>>;
  };
}

const NO_TALLIES = { before: [], watch: [] } as const;
const NOTHING: Sample = { n: 0, candidates: 0, sum: 0 };

/** The statistics before the first observation. */
export function initialState(): ReleaseStatistics {
  return {
    format: 2,
    observations: 0,
    ignored: 0,
    metrics: byMetric((name) => {
      const zeros = new Array<number>(isPaired(name) ? BETS.paired : BETS.event).fill(0);
      return {
        block: { n: 0, sum: 0 },
        before: NOTHING,
        rollback: zeros,
        rollbackPeak: 0,
        promotion: zeros,
        watch: NOTHING,
        detectors: zeros,
        watchPeak: 0,
        tallies: NO_TALLIES,
      };
    }),
    requests: { ...NOTHING, shares: new Array<number>(BETS.requests).fill(0), sharesPeak: 0 },
    stage: emptyStage(0),
  };
}

/**
 * Statistics that were stored by this or an earlier version, with everything that this one reads: what was not kept then is as it
 * is before the first observation.
 */
export function restoreStatistics(stored: ReleaseStatistics): ReleaseStatistics {
  const { metrics } = initialState();
  return {
    ...stored,
    metrics: byMetric((name) => ({ ...metrics[name], ...stored.metrics[name] })),
    stage: {
      ...stored.stage,
      observations: { ...byMetric(() => 0), ...stored.stage.observations },
    },
  };
}

/** The counts of a stage that has just begun. */
export function emptyStage(index: number): ReleaseStatistics['stage'] {
  return { index, candidateRequests: 0, observations: byMetric(() => 0) };
}

function byMetric<T>(make: (name: MetricName) => T): Readonly<Record<MetricName, T>> {
  return Object.fromEntries(METRIC_NAMES.map((name) => [name, make(name)])) as Record<MetricName, T>;
}
