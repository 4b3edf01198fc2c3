import { describe, expect, it } from 'vitest';
import { bestOf } from './best-of.js';
import type { RunCurve } from './curves/run-curve.js';

const curve = (losses: (number | null)[]): RunCurve =>
  ({
    steps: losses.map((_, index) => 10 * (index + 1)),
    columns: {
      valid_loss: losses,
      valid_perplexity: losses.map((loss) => loss && Math.exp(loss)),
      valid_mean_token_accuracy: losses.map((loss) => loss && 1 / loss),
    },
  }) as unknown as RunCurve;

describe('bestOf', () => {
  it('is the evaluation with the lowest loss, the first of equal ones', () => {
    expect(bestOf(curve([5, null, 4, 4, 4.5]))).toEqual({ step: 30, loss: 4, perplexity: Math.exp(4), accuracy: 0.25 });
  });

  it('is nothing before the first evaluation', () => {
    expect(bestOf(curve([null, null]))).toBeNull();
  });
});
