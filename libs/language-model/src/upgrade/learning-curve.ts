import type { CurvePoint } from './upgrade-report.js';

/** Share of a run's steps, at its end, over which a plateau is looked for. */
const PLATEAU_SHARE = 1 / 4;
/** Fewest evaluations that make a curve. */
const FEWEST_POINTS = 4;
/** Share of a run's steps, at its beginning, in which the loss may do anything. */
const SETTLING_SHARE = 1 / 10;
/** Parts of a run over which reports are averaged. */
const SPANS = 20;

/** How much a run still got better over the last quarter of its steps. */
export interface LateGain {
  /** Fall of the lowest validation loss, nats. */
  readonly lossNats: number;
  /** Rise of the highest validation accuracy, percentage points. */
  readonly points: number;
}

/** Compares the best evaluation of a run with the best one of its first three quarters; null with fewer than four evaluations. */
export function lateGain(curve: readonly CurvePoint[]): LateGain | null {
  if (curve.length < FEWEST_POINTS) return null;
  const border = (1 - PLATEAU_SHARE) * curve.at(-1)!.step;
  const early = curve.filter(({ step }) => step <= border);
  if (early.length === 0) return null;
  const lowest = (points: readonly CurvePoint[]): number => Math.min(...points.map((p) => p.validationLossNats));
  const highest = (points: readonly CurvePoint[]): number => Math.max(...points.map((p) => p.validationTop1));
  return { lossNats: lowest(early) - lowest(curve), points: 100 * (highest(curve) - highest(early)) };
}

/**
 * Largest rise of a loss above the lowest that a run had reached before, nats, its first tenth left out: 0 for a loss that only
 * falls, large when training lost what it had learnt. Means over twentieths of the run are compared, since a report of a few steps
 * is mostly noise. null with fewer than four of them.
 */
export function largestRise(reports: readonly { readonly step: number; readonly lossNats: number }[]): number | null {
  const lastStep = reports.at(-1)?.step ?? 0;
  const spans = Array.from({ length: SPANS }, () => ({ sum: 0, reports: 0 }));
  for (const { step, lossNats } of reports) {
    if (step <= SETTLING_SHARE * lastStep) continue;
    const span = spans[Math.ceil((SPANS * step) / lastStep) - 1]!;
    span.sum += lossNats;
    span.reports++;
  }
  const means = spans.flatMap((span) => (span.reports === 0 ? [] : [span.sum / span.reports]));
  if (means.length < FEWEST_POINTS) return null;
  let [lowest, rise] = [Infinity, 0];
  for (const mean of means) {
    rise = Math.max(rise, mean - lowest);
    lowest = Math.min(lowest, mean);
  }
  return rise;
}
