import { METRIC_COLUMN_NAMES, numberAt } from './metric-columns.js';
import type { CurvePoint } from './run-curve.js';

/**
 * A curve as CSV: a line per step that has numbers, a field that is not known at a step left empty. `train_loss` is that of
 * the training batches, with dropout; `evaluated_train_loss` is measured as `valid_loss` is.
 *
 * @example
 * renderMetricsCsv(curve).split('\n')[0] // 'step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy,...'
 */
export function renderMetricsCsv(curve: readonly CurvePoint[]): string {
  const header = ['step', ...METRIC_COLUMN_NAMES];
  const lines = curve.map((point) => [point.step, ...METRIC_COLUMN_NAMES.map((name) => numberAt(point, name) ?? '')]);
  return [header, ...lines].map((line) => `${line.join(',')}\n`).join('');
}
