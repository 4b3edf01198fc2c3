import type { Evaluation, RunProgress } from '../training/run-progress.js';

/** One number of a run: what it is called in events and files, and where it is found. */
interface Measure<T> {
  /** Its name in TensorBoard; what stands before `/` is the group of charts. */
  readonly tag: string;
  readonly read: (source: T) => number;
}

/** What training itself tells, by the names of the job's events. Losses are those of the training batches, with dropout. */
export const TRAINING_MEASURES = {
  train_loss: { tag: 'loss/train', read: (p) => p.lossNats },
  train_perplexity: { tag: 'perplexity/train', read: (p) => Math.exp(p.lossNats) },
  learning_rate: { tag: 'optimizer/learning_rate', read: (p) => p.learningRate },
  gradient_norm: { tag: 'optimizer/gradient_norm', read: (p) => p.gradientNorm },
  update_ratio: { tag: 'optimizer/update_ratio', read: (p) => p.updateRatio },
  tokens_per_second: { tag: 'speed/tokens_per_second', read: (p) => p.tokensPerSecond },
  read_ms: { tag: 'speed/read_ms', read: (p) => p.stepMs.read },
  compute_ms: { tag: 'speed/compute_ms', read: (p) => p.stepMs.compute },
  optimizer_ms: { tag: 'speed/optimizer_ms', read: (p) => p.stepMs.optimizer },
} as const satisfies Record<string, Measure<RunProgress>>;

/** What an evaluation measures, by the names of the job's events: both texts without dropout and equally long. */
export const EVALUATION_MEASURES = {
  train_loss: { tag: 'loss/train_evaluated', read: (e) => e.train.lossNats },
  train_mean_token_accuracy: { tag: 'top1/train', read: (e) => e.train.top1 },
  valid_loss: { tag: 'loss/validation', read: (e) => e.validation.lossNats },
  valid_perplexity: { tag: 'perplexity/validation', read: (e) => e.validation.perplexity },
  valid_mean_token_accuracy: { tag: 'top1/validation', read: (e) => e.validation.top1 },
  gap_points: { tag: 'top1/gap_points', read: (e) => e.gapPoints },
} as const satisfies Record<string, Measure<Evaluation>>;

/** The numbers by their names in events. */
export function numbersOf<T>(measures: Readonly<Record<string, Measure<T>>>, source: T): Record<string, number> {
  return Object.fromEntries(Object.entries(measures).map(([name, { read }]) => [name, read(source)]));
}

/** The numbers by their names in TensorBoard. */
export function scalarsOf<T>(measures: Readonly<Record<string, Measure<T>>>, source: T): Record<string, number> {
  return Object.fromEntries(Object.values(measures).map(({ tag, read }) => [tag, read(source)]));
}
