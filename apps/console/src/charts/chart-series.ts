import type uPlot from 'uplot';
import type { Curve, Decimated } from './decimate.js';
import type { SeriesColor } from './series-color.js';
import { smooth } from './smooth.js';

/** A curve of a chart. */
export interface ChartSeries {
  readonly id: string;
  readonly label: string;
  readonly points: Curve;
  readonly color?: SeriesColor;
  readonly dash?: readonly number[];
  readonly width?: number;
  /** An area around it, with as many values as it has points. */
  readonly band?: { readonly lower: ArrayLike<number | null>; readonly upper: ArrayLike<number | null> };
  /** Exponential smoothing, 0 to 0.99; what was measured stays visible behind it. */
  readonly smooth?: number;
  /** Holds each value until the next one. */
  readonly stepped?: boolean;
}

/** One line of the drawing: a series has up to four of them. */
export interface DrawnLine {
  readonly series: ChartSeries;
  readonly index: number;
  readonly kind: 'line' | 'raw' | 'lower' | 'upper';
  readonly curve: Curve;
}

/** The lines that a series is drawn with, the one whose value counts last. */
export function linesOf(series: ChartSeries, index: number): readonly DrawnLine[] {
  const { points, band } = series;
  const factor = series.smooth ?? 0;
  const line = (kind: DrawnLine['kind'], ys: ArrayLike<number | null>): DrawnLine => ({
    series,
    index,
    kind,
    curve: { xs: points.xs, ys },
  });
  return [
    ...(band === undefined ? [] : [line('upper', band.upper), line('lower', band.lower)]),
    ...(factor > 0 ? [line('raw', points.ys)] : []),
    line('line', factor > 0 ? smooth(points.ys, factor) : points.ys),
  ];
}

/** The range of all curves in x; null without a point. */
export function rangeOf(series: readonly ChartSeries[]): readonly [number, number] | null {
  let from = Infinity;
  let to = -Infinity;
  for (const { points } of series) {
    if (points.xs.length === 0) continue;
    from = Math.min(from, points.xs[0] ?? from);
    to = Math.max(to, points.xs[points.xs.length - 1] ?? to);
  }
  return from <= to ? [from, to] : null;
}

/** What the drawing library takes: one list of x for all lines. */
export function alignedData(
  curves: readonly Decimated[],
  join: (tables: uPlot.AlignedData[]) => uPlot.AlignedData,
): uPlot.AlignedData {
  if (curves.length === 0) return [[]];
  // Where only another line has a point, a line is drawn through; its own gaps stay gaps.
  return join(curves.map(({ xs, ys }) => [xs, ys]));
}
