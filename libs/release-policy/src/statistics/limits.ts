import { betsOnFewerEvents, betsOnMoreEvents, betsOnNotWorse, betsOnWorse, type LogFactors } from './bets.js';
import { logBound } from './bounds.js';
import { logMeanExp } from './log-domain.js';
import { edgesOf, type Tally } from './tally.js';

/** What the bets rule out: that the true value is below `lower`, and that it is above `upper`. */
export interface Limits {
  readonly lower: number;
  readonly upper: number;
}

/** Chances to rule out what is true, each by itself; 0 rules nothing out. */
export interface LimitChances {
  readonly lower: number;
  readonly upper: number;
}

/** Halvings of the range: the limits are exact to nine digits of it. */
const HALVINGS = 30;
/** A mean this near to -1 or 1 is as good as there; the bets divide by the distance. */
const EDGE = 1e-6;
/** Ratios of rates outside of this range are not told apart, as logarithms. */
const LARGEST_LOG_RATIO = Math.log(1e4);

/**
 * Limits of the mean of differences, in scales from -1 to 1: the margins that the bets on harm, and on its absence, would just have shown.
 * From sums by bins: a bet's logarithm is concave in the difference, so that between the edges of a bin the chord is below it. The
 * limits are therefore valid, and wider than those of the single differences by less than a bin.
 */
export function meanLimits(tally: Tally, chances: LimitChances): Limits {
  const worse = (d: number): number => logWealth(tally, (row) => chord(row, (x) => betsOnWorse(x, d)));
  const notWorse = (d: number): number => logWealth(tally, (row) => chord(row, (x) => betsOnNotWorse(x, d)));
  return {
    lower: lastShown(worse, logBound(chances.lower), -1 + EDGE, 1 - EDGE) ?? -1,
    upper: lastShown(notWorse, logBound(chances.upper), 1 - EDGE, -1 + EDGE) ?? 1,
  };
}

/** Limits of the candidate's rate of events over the incumbent's: 0 and Infinity where nothing is ruled out. */
export function ratioLimits(tally: Tally, chances: LimitChances): Limits {
  const wealth = (bets: typeof betsOnMoreEvents, logRatio: number): number =>
    logWealth(tally, ({ at, n, sum }) => {
      const [candidate, incumbent] = [true, false].map((is) => bets(is, at, Math.expm1(logRatio)));
      return candidate!.map((log, i) => sum * log + (n - sum) * incumbent![i]!);
    });
  const more = (logRatio: number): number => wealth(betsOnMoreEvents, logRatio);
  const fewer = (logRatio: number): number => wealth(betsOnFewerEvents, logRatio);
  const lower = lastShown(more, logBound(chances.lower), -LARGEST_LOG_RATIO, LARGEST_LOG_RATIO);
  const upper = lastShown(fewer, logBound(chances.upper), LARGEST_LOG_RATIO, -LARGEST_LOG_RATIO);
  return { lower: lower === null ? 0 : Math.exp(lower), upper: upper === null ? Infinity : Math.exp(upper) };
}

/**
 * The ratio of rates under which the candidate's part of the events is what was to be expected; 0 where it has none, Infinity where
 * it has all, null of no events.
 */
export function likeliestRatio(tally: Tally): number | null {
  const n = tally.reduce((sum, row) => sum + row.n, 0);
  const candidates = tally.reduce((sum, row) => sum + row.sum, 0);
  if (n === 0) return null;
  if (candidates === 0) return 0;
  if (candidates === n) return Infinity;
  const tooFew = (logRatio: number): number =>
    candidates - tally.reduce((sum, { at, n: drawn }) => sum + (drawn * at) / (at + (1 - at) * Math.exp(-logRatio)), 0);
  return Math.exp(lastShown(tooFew, 0, -LARGEST_LOG_RATIO, LARGEST_LOG_RATIO) ?? -LARGEST_LOG_RATIO);
}

/** Logarithm of the mean wealth of bets that won the sum of this over all rows. */
function logWealth(tally: Tally, factorsOf: (row: Tally[number]) => LogFactors): number {
  const [first, ...rest] = tally.map(factorsOf);
  if (first === undefined) return 0;
  return logMeanExp(rest.reduce((sum, factors) => sum.map((log, i) => log + factors[i]!), first));
}

/** At most what the differences of a bin have won. */
function chord({ at, n, sum }: Tally[number], bets: (x: number) => LogFactors): LogFactors {
  const [from, to] = edgesOf(at);
  const weight = Math.max(0, Math.min(1, (sum / n - from) / (to - from)));
  const [low, high] = [bets(from), bets(to)];
  return low.map((log, i) => n * ((1 - weight) * log + weight * high[i]!));
}

/**
 * The last value from `from` towards `to` at which `evidence`, which falls on the way, is at least `bound`.
 * @returns null where it is below even at `from`
 */
function lastShown(evidence: (value: number) => number, bound: number, from: number, to: number): number | null {
  if (!(evidence(from) >= bound)) return null;
  let [shown, open] = [from, to];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (shown + open) / 2;
    if (evidence(middle) >= bound) shown = middle;
    else open = middle;
  }
  return shown;
}
