import { describe, expect, it } from 'vitest';
import { DivergenceWatch } from './divergence-watch.js';

/** Four words, equally frequent: guessing costs ln 4 = 1.386 nats, so the limit is 2.386. */
const TEXT = Uint16Array.of(0, 1, 2, 3);

function watch(options: { warmupSteps?: number; totalSteps?: number } = {}): DivergenceWatch {
  return new DivergenceWatch({ text: TEXT, vocabularySize: 6, warmupSteps: 10, totalSteps: 1000, ...options });
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
  it('ends a run whose mean loss over a hundred steps after the warm-up is a nat above guessing by frequency', () => {
    expect(endsAt(watch(), repeat(2.39, 300))).toBe(110);
    expect(endsAt(watch(), repeat(2.38, 1000))).toBeNull();
  });

  it('says what was measured, the limit and the cure', () => {
    const message =
      'The training loss of the 100 steps up to step 110 is 50.00 nats; the limit is 2.39, 1 nat above guessing words by their frequency. Lower learning_rate (it is 0.50 at this step).';
    const watched = watch();
    expect(() => {
      for (let step = 1; step <= 110; step++) watched.add(step, 50, 0.5);
    }).toThrow(message);
  });

  it('judges neither the warm-up nor a few bad batches', () => {
    expect(endsAt(watch(), [...repeat(100, 10), ...repeat(1, 300)])).toBeNull();
    expect(endsAt(watch(), [...repeat(1, 50), ...repeat(10, 9), ...repeat(1, 300)])).toBeNull();
  });

  it('judges a short run by halves of what follows its warm-up', () => {
    expect(endsAt(watch({ warmupSteps: 2, totalSteps: 42 }), repeat(5, 42))).toBe(22);
    expect(endsAt(watch({ warmupSteps: 2, totalSteps: 14 }), repeat(5, 14))).toBe(12);
  });

  it('does not judge a run of a few steps', () => {
    expect(endsAt(watch({ warmupSteps: 1, totalSteps: 10 }), repeat(5, 10))).toBeNull();
  });

  it('skips the stretch that a resumed run begins in the middle of', () => {
    expect(endsAt(watch(), repeat(5, 300), 61)).toBe(210);
  });
});
