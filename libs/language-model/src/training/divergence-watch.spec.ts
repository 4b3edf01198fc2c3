import { describe, expect, it } from 'vitest';
import { DivergenceWatch } from './divergence-watch.js';

/** Guessing blindly among four words costs ln 4 = 1.386 nats, so the limit is 2.386. */
const VOCABULARY_SIZE = 4;

function watch(options: { warmupSteps?: number } = {}): DivergenceWatch {
  return new DivergenceWatch({ vocabularySize: VOCABULARY_SIZE, warmupSteps: 10, ...options });
}

/** Feeds the losses from `first` on; returns the step at which the watch ends the run, or null. */
function endsAt(watched: DivergenceWatch, losses: readonly number[], first = 1): number | null {
  for (const [index, loss] of losses.entries()) {
    try {
      watched.add(first + index, loss, 0.5);
    } catch (error) {
      expect(error).toMatchObject({ code: 'training_diverged', param: 'learning_rate' });
      return first + index;
    }
  }
  return null;
}

const repeat = (loss: number, times: number): number[] => Array.from({ length: times }, () => loss);

describe('DivergenceWatch', () => {
  it('ends a run whose mean loss over a hundred steps after the warm-up is a nat above guessing blindly', () => {
    expect(endsAt(watch(), repeat(2.39, 300))).toBe(110);
    expect(endsAt(watch(), repeat(2.38, 1000))).toBeNull();
  });

  it('says what was measured, the limit and the cure', () => {
    const message =
      'The training loss of the 100 steps up to step 110 is 50.00 nats; the limit is 2.39, 1 nat above guessing blindly among 4 words. Lower learning_rate (it is 0.50 at this step).';
    const watched = watch();
    expect(() => {
      for (let step = 1; step <= 110; step++) watched.add(step, 50, 0.5);
    }).toThrow(message);
  });

  it('judges neither the warm-up nor a few bad batches', () => {
    expect(endsAt(watch(), [...repeat(100, 10), ...repeat(1, 300)])).toBeNull();
    expect(endsAt(watch(), [...repeat(1, 50), ...repeat(10, 9), ...repeat(1, 300)])).toBeNull();
  });

  it('leaves a run alone that has learned next to nothing', () => {
    expect(endsAt(watch(), repeat(Math.log(VOCABULARY_SIZE) + 0.1, 1000))).toBeNull();
  });

  it('does not judge a run of fewer than a hundred steps, whose first ones are the largest', () => {
    expect(endsAt(watch({ warmupSteps: 1 }), repeat(5, 100))).toBeNull();
    expect(endsAt(watch({ warmupSteps: 0 }), repeat(5, 100))).toBe(100);
  });

  it('skips the stretch that a resumed run begins in the middle of', () => {
    expect(endsAt(watch(), repeat(5, 300), 61)).toBe(210);
  });
});
