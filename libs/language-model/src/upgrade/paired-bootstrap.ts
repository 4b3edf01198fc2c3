import { philox, STREAMS } from '../model/random.js';
import type { IntervalEstimate } from './model-comparison.js';

/** What one unit of resampling adds to a mean: a sum over its tokens, and how many they are. */
export interface Unit {
  readonly sum: number;
  readonly tokens: number;
}

/** Draws with replacement from `units`, `resamples` times as many as there are units; the same seed gives the same draws. */
export interface BootstrapOptions {
  readonly seed: number;
  readonly resamples: number;
  /** Share of the intervals that hold the true mean, 0 to 1. */
  readonly confidence: number;
}

interface RatioEstimate {
  readonly mean: number;
  readonly standardError: number;
}

/**
 * Interval of a mean per token, when tokens of one unit (a document) go together: whole units are drawn with replacement, and the
 * studentized mean of each draw gives the quantiles, which keeps the interval honest where units are few or of very different length.
 * @see Efron & Tibshirani 1993, "An Introduction to the Bootstrap", section 12.5 (bootstrap-t); Cochran 1977, section 6.3 (ratio estimate)
 */
export function bootstrapMean(units: readonly Unit[], options: BootstrapOptions): IntervalEstimate {
  const { seed, resamples, confidence } = options;
  const all = estimateRatio(units);
  if (all.standardError === 0) return { estimate: all.mean, low: all.mean, high: all.mean };
  const studentized = new Float64Array(resamples);
  const drawn: Unit[] = [...units];
  for (let resample = 0; resample < resamples; resample++) {
    for (let i = 0; i < units.length; i += 4) {
      const words = philox(seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0, i / 4, resample, STREAMS.bootstrap);
      for (let j = 0; j < 4 && i + j < units.length; j++)
        drawn[i + j] = units[Math.floor((words[j]! / 2 ** 32) * units.length)]!;
    }
    const one = estimateRatio(drawn);
    // A draw of one unit only has no spread; it can be as far off as it likes.
    studentized[resample] =
      one.standardError === 0 ? Math.sign(one.mean - all.mean) * Infinity : (one.mean - all.mean) / one.standardError;
  }
  studentized.sort();
  const quantile = (share: number): number => studentized[Math.round(share * (resamples - 1))]!;
  const tail = (1 - confidence) / 2;
  return {
    estimate: all.mean,
    low: all.mean - quantile(1 - tail) * all.standardError,
    high: all.mean - quantile(tail) * all.standardError,
  };
}

/** Sum over all units by tokens of all units, and its standard error from the units' deviations. */
function estimateRatio(units: readonly Unit[]): RatioEstimate {
  let [sum, tokens] = [0, 0];
  for (const unit of units) {
    sum += unit.sum;
    tokens += unit.tokens;
  }
  const mean = sum / tokens;
  let squares = 0;
  for (const unit of units) squares += (unit.sum - mean * unit.tokens) ** 2;
  const n = units.length;
  return { mean, standardError: Math.sqrt((squares * n) / (n - 1)) / tokens };
}
