import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planTraining, type PlanInput } from './training-plan.js';

const MINUTE = 60;
const own: PlanInput = {
  words: 30_000_000,
  isDemonstration: false,
  isExperiment: true,
  tokensPerSecond: 12_000,
  maxTrainTokens: null,
};

describe('the plan of a first training', () => {
  it('keeps the demonstration within its part of four minutes, whatever the corpus and the machine', () => {
    const words = fc.integer({ min: 1, max: 1e8 });
    const tokensPerSecond = fc.integer({ min: 2000, max: 1e6 });
    fc.assert(
      fc.property(words, tokensPerSecond, (count, rate) => {
        const plan = planTraining({ ...own, words: count, tokensPerSecond: rate, isDemonstration: true });
        expect(plan.estimatedSeconds).toBeLessThan(MINUTE);
        const alone = { ...own, words: count, tokensPerSecond: rate, isDemonstration: true, isExperiment: false };
        expect(planTraining(alone).estimatedSeconds).toBeLessThan(2 * MINUTE);
      }),
    );
  });

  it("keeps a person's own texts within a quarter of an hour, and says when that cuts them", () => {
    const books = planTraining({ ...own, words: 1_500_000 });
    expect(books.estimatedSeconds).toBeLessThan(15 * MINUTE);
    expect(books.hyperparameters.n_epochs).toBeGreaterThan(1);
    const library = planTraining(own);
    expect(library).toMatchObject({ isLimited: true, hyperparameters: { n_epochs: 1 } });
    expect(library.estimatedSeconds).toBeLessThan(15 * MINUTE);
  });

  it('goes over little text several times, but not without end', () => {
    const little = planTraining({ ...own, words: 1000 });
    expect(little.isLimited).toBe(false);
    expect(little.hyperparameters.n_epochs).toBeGreaterThan(4);
    expect(little.hyperparameters.n_epochs).toBeLessThan(20);
  });

  it('trains long enough to learn something on a slow machine', () => {
    expect(planTraining({ ...own, tokensPerSecond: 1 }).tokens).toBe(100_000);
  });

  it('takes the limit that was asked for, and none for 0', () => {
    expect(planTraining({ ...own, maxTrainTokens: 5000 }).hyperparameters).toEqual({
      n_epochs: 1,
      max_train_tokens: 5000,
    });
    const unlimited = planTraining({ ...own, maxTrainTokens: 0 });
    expect(unlimited.isLimited).toBe(false);
    expect(unlimited.hyperparameters).not.toHaveProperty('max_train_tokens');
  });
});
