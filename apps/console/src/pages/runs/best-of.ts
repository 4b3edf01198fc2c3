import type { RunCurve } from './curves/run-curve.js';

/** The evaluation with the lowest loss on validation text: whose weights are registered. */
export interface BestEvaluation {
  readonly step: number;
  /** Nats per token. */
  readonly loss: number;
  readonly perplexity: number | null;
  /** 0 to 1. */
  readonly accuracy: number | null;
}

/** null before the first evaluation. */
export function bestOf({ steps, columns }: RunCurve): BestEvaluation | null {
  const { valid_loss: losses } = columns;
  const best = losses.reduce<number>(
    (lowest, loss, index) => (loss !== null && loss < (losses[lowest] ?? Infinity) ? index : lowest),
    -1,
  );
  const [step, loss] = [steps[best], losses[best]];
  if (step === undefined || loss === undefined || loss === null) return null;
  return {
    step,
    loss,
    perplexity: columns.valid_perplexity[best] ?? null,
    accuracy: columns.valid_mean_token_accuracy[best] ?? null,
  };
}
