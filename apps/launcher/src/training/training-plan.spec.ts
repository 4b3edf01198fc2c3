import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planTraining } from './training-plan.js';

const MINUTE = 60;

describe('the plan of a first training', () => {
  it('keeps the demonstration within its part of four minutes, whatever the size of the corpus', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e8 }), (words) => {
        expect(planTraining({ words, isDemonstration: true }, null).estimatedSeconds).toBeLessThan(2.5 * MINUTE);
      }),
    );
  });

  it("keeps a person's own texts within a quarter of an hour, and says when that cuts them", () => {
    const books = planTraining({ words: 1_500_000, isDemonstration: false }, null);
    expect(books.estimatedSeconds).toBeLessThan(15 * MINUTE);
    expect(books.hyperparameters.n_epochs).toBeGreaterThan(1);
    const library = planTraining({ words: 30_000_000, isDemonstration: false }, null);
    expect(library).toMatchObject({ isLimited: true, hyperparameters: { n_epochs: 1 } });
    expect(library.estimatedSeconds).toBeLessThan(15 * MINUTE);
  });

  it('goes over little text several times, but not without end', () => {
    const little = planTraining({ words: 1000, isDemonstration: false }, null);
    expect(little.isLimited).toBe(false);
    expect(little.hyperparameters.n_epochs).toBeGreaterThan(4);
    expect(little.hyperparameters.n_epochs).toBeLessThan(20);
  });

  it('takes the limit of the command line, and none for 0', () => {
    const size = { words: 30_000_000, isDemonstration: false };
    expect(planTraining(size, 5000).hyperparameters).toEqual({ n_epochs: 1, max_train_tokens: 5000 });
    const unlimited = planTraining(size, 0);
    expect(unlimited.isLimited).toBe(false);
    expect(unlimited.hyperparameters).not.toHaveProperty('max_train_tokens');
  });
});
