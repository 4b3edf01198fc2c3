import uPlot from 'uplot';
import type { DrawnLine } from './chart-series.js';
import { paintColor } from './series-color.js';

const WIDTH = 1.6;
const THIN = 1;
/** Points per column of pixels from which on a line is so dense that nobody would see its breaks. */
const DENSE = 0.5;
const UNBROKEN: number[] = [];

/** A line as the drawing library takes it, without its points. */
export function drawnSeries({ series, index, kind }: DrawnLine): uPlot.Series {
  const { color = index, stepped = false } = series;
  const isBand = kind === 'upper' || kind === 'lower';
  const stepping = stepped ? uPlot.paths.stepped?.({ align: 1 }) : undefined;
  return {
    label: series.label,
    stroke: isBand ? 'transparent' : paintColor(color, kind === 'raw' ? 0.25 : 1),
    ...(stepping !== undefined && { paths: stepping }),
    // A single point has no line; it shows as a dot.
    points: { show: kind === 'line' ? (plot, place) => countPoints(plot, place) < 2 : false, size: 5 },
  };
}

function countPoints(plot: uPlot, place: number): number {
  let points = 0;
  for (const value of plot.data[place] ?? []) if (typeof value === 'number' && ++points > 1) break;
  return points;
}

/**
 * How a line is stroked that has so many points per column of pixels: a dense one thin and unbroken: to break
 * it, and to round its corners, takes most of the time of a drawing.
 */
export function styleOf({ series, kind }: DrawnLine, pointsPerColumn: number): Pick<uPlot.Series, 'width' | 'dash'> {
  const { width = WIDTH, dash } = series;
  if (kind === 'upper' || kind === 'lower') return { width: 0, dash: UNBROKEN };
  if (kind === 'raw' || pointsPerColumn > DENSE) return { width: THIN, dash: UNBROKEN };
  return { width, dash: dash === undefined ? UNBROKEN : [...dash] };
}
