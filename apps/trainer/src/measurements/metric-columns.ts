import type { CurvePoint } from './run-curve.js';

type Side = 'training' | 'evaluation';

/** Each column and where its number stands. The first five are those of OpenAI's result files, in its order. */
const METRIC_COLUMNS = {
  train_loss: ['training', 'train_loss'],
  train_accuracy: ['evaluation', 'train_mean_token_accuracy'],
  valid_loss: ['evaluation', 'valid_loss'],
  valid_mean_token_accuracy: ['evaluation', 'valid_mean_token_accuracy'],
  train_perplexity: ['training', 'train_perplexity'],
  valid_perplexity: ['evaluation', 'valid_perplexity'],
  evaluated_train_loss: ['evaluation', 'train_loss'],
  gap_points: ['evaluation', 'gap_points'],
  trained_tokens: ['training', 'trained_tokens'],
  learning_rate: ['training', 'learning_rate'],
  gradient_norm: ['training', 'gradient_norm'],
  update_ratio: ['training', 'update_ratio'],
  tokens_per_second: ['training', 'tokens_per_second'],
  read_ms: ['training', 'read_ms'],
  compute_ms: ['training', 'compute_ms'],
  optimizer_ms: ['training', 'optimizer_ms'],
  training_seconds: ['evaluation', 'training_seconds'],
} as const satisfies Record<string, readonly [side: Side, key: string]>;

/** Name of a number that a run measures. */
export type MetricColumn = keyof typeof METRIC_COLUMNS;

/** The columns in their order. */
export const METRIC_COLUMN_NAMES = Object.keys(METRIC_COLUMNS) as readonly MetricColumn[];

/** More digits than a float32 has. */
const DIGITS = 8;

/** The number of a column at a point, with as many digits as it is worth; null where it is not known. */
export function numberAt(point: CurvePoint, column: MetricColumn): number | null {
  const [side, key] = METRIC_COLUMNS[column];
  const value = point[side]?.[key];
  return typeof value === 'number' && Number.isFinite(value) ? Number(value.toPrecision(DIGITS)) : null;
}
