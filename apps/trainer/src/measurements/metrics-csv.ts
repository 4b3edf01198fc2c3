import type { CurvePoint } from './run-curve.js';

type Side = 'training' | 'evaluation';

/** Each column and where its number stands. The first five are those of OpenAI's result files, in its order. */
const COLUMNS: readonly (readonly [name: string, side: Side, key: string])[] = [
  ['train_loss', 'training', 'train_loss'],
  ['train_accuracy', 'evaluation', 'train_mean_token_accuracy'],
  ['valid_loss', 'evaluation', 'valid_loss'],
  ['valid_mean_token_accuracy', 'evaluation', 'valid_mean_token_accuracy'],
  ['train_perplexity', 'training', 'train_perplexity'],
  ['valid_perplexity', 'evaluation', 'valid_perplexity'],
  ['evaluated_train_loss', 'evaluation', 'train_loss'],
  ['gap_points', 'evaluation', 'gap_points'],
  ['trained_tokens', 'training', 'trained_tokens'],
  ['learning_rate', 'training', 'learning_rate'],
  ['gradient_norm', 'training', 'gradient_norm'],
  ['update_ratio', 'training', 'update_ratio'],
  ['tokens_per_second', 'training', 'tokens_per_second'],
  ['read_ms', 'training', 'read_ms'],
  ['compute_ms', 'training', 'compute_ms'],
  ['optimizer_ms', 'training', 'optimizer_ms'],
  ['training_seconds', 'evaluation', 'training_seconds'],
];

/** More digits than a float32 has. */
const DIGITS = 8;

/**
 * A curve as CSV: a line per step that has numbers, a field that is not known at a step left empty. `train_loss` is that of
 * the training batches, with dropout; `evaluated_train_loss` is measured as `valid_loss` is.
 *
 * @example
 * renderMetricsCsv(curve).split('\n')[0] // 'step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy,...'
 */
export function renderMetricsCsv(curve: readonly CurvePoint[]): string {
  const header = ['step', ...COLUMNS.map(([name]) => name)];
  const lines = curve.map((point) => [point.step, ...COLUMNS.map(([, side, key]) => field(point[side]?.[key]))]);
  return [header, ...lines].map((line) => `${line.join(',')}\n`).join('');
}

function field(value: unknown): string {
  return typeof value === 'number' && Number.isFinite(value) ? String(Number(value.toPrecision(DIGITS))) : '';
}
