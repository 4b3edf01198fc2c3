import type { MetricName, RunCurve } from './run-curve.js';

/** What a curve is drawn over. */
export type Axis = 'step' | 'time';

/** A number of a run over its course, where it is known. */
export interface CurveLine {
  readonly xs: readonly number[];
  readonly ys: readonly number[];
}

/** Shares, which are drawn as percent. */
const SHARES: ReadonlySet<MetricName> = new Set<MetricName>(['train_accuracy', 'valid_mean_token_accuracy']);

const NOTHING: CurveLine = { xs: [], ys: [] };
const lines = new WeakMap<RunCurve, Map<string, CurveLine>>();

/**
 * The points of a curve that know a number. The same object for the same curve, so that a chart can see that nothing has changed.
 *
 * @param axis `time`: minutes since the first point of the run.
 * Shares come as percent.
 */
export function lineOf(curve: RunCurve, metric: MetricName, axis: Axis): CurveLine {
  const known = lines.get(curve) ?? new Map<string, CurveLine>();
  lines.set(curve, known);
  const key = `${metric} ${axis}`;
  const line = known.get(key) ?? readLine(curve, metric, axis);
  known.set(key, line);
  return line;
}

function readLine({ steps, at, columns }: RunCurve, metric: MetricName, axis: Axis): CurveLine {
  const start = at[0] ?? 0;
  const xs: number[] = [];
  const ys: number[] = [];
  columns[metric].forEach((value, index) => {
    if (value === null) return;
    const x = axis === 'step' ? (steps[index] ?? 0) : ((at[index] ?? start) - start) / 60;
    // A run that went on from a saved state may have told a later step earlier.
    if (xs.length > 0 && x < (xs.at(-1) ?? x)) return;
    xs.push(x);
    ys.push(SHARES.has(metric) ? 100 * value : value);
  });
  return { xs, ys };
}

/** A line less another one, at the points of the first that the second reaches; the second is drawn straight between its points. */
export function differenceOf(line: CurveLine, base: CurveLine): CurveLine {
  if (base.xs.length === 0) return NOTHING;
  const xs: number[] = [];
  const ys: number[] = [];
  let at = 0;
  line.xs.forEach((x, index) => {
    if (x < (base.xs[0] ?? 0) || x > (base.xs.at(-1) ?? 0)) return;
    while (at + 1 < base.xs.length && (base.xs[at + 1] ?? Infinity) <= x) at += 1;
    const [x0, y0] = [base.xs[at] ?? x, base.ys[at] ?? 0];
    const [x1, y1] = [base.xs[at + 1] ?? x0, base.ys[at + 1] ?? y0];
    const between = x1 > x0 ? y0 + ((y1 - y0) * (x - x0)) / (x1 - x0) : y0;
    xs.push(x);
    ys.push((line.ys[index] ?? 0) - between);
  });
  return { xs, ys };
}
