import { describe, expect, it } from 'vitest';
import { learningRateAt } from './schedule.js';

describe('learningRateAt', () => {
  it('rises in a line to the peak, then follows half a cosine', () => {
    // 100 steps, 20% warm-up: 20 steps up, 80 down; half way down (step 60) lies in the middle of 1 and 0.02.
    const rate = (step: number): number => learningRateAt(step, 100, 0.5, 0.2);
    expect(rate(0)).toBeCloseTo(0.5 / 20, 12);
    expect(rate(9)).toBeCloseTo(0.25, 12);
    expect(rate(19)).toBe(0.5);
    expect(rate(20)).toBe(0.5);
    expect(rate(60)).toBeCloseTo(0.5 * 0.51, 12);
    expect(rate(40)).toBeCloseTo(0.5 * (0.02 + 0.49 * (1 + Math.SQRT1_2)), 12);
    expect(rate(99)).toBeCloseTo(0.5 * (0.02 + 0.49 * (1 + Math.cos((79 / 80) * Math.PI))), 12);
  });

  it('ends at 2% of the peak and stays there', () => {
    expect(learningRateAt(100, 100, 0.5, 0.2)).toBeCloseTo(0.01, 12);
    expect(learningRateAt(150, 100, 0.5, 0.2)).toBeCloseTo(0.01, 12);
  });

  it('never falls while it warms up nor rises afterwards', () => {
    const rates = Array.from({ length: 333 }, (_, step) => learningRateAt(step, 333, 1, 0.1));
    const top = rates.indexOf(1);
    expect(top).toBe(33);
    for (let step = 1; step < rates.length; step++) {
      if (step <= top) expect(rates[step]).toBeGreaterThan(rates[step - 1]!);
      else expect(rates[step]).toBeLessThanOrEqual(rates[step - 1]!);
    }
  });

  it.each([
    [1, 0.05],
    [1, 0],
    [2, 0.9],
    [3, 0],
  ])('starts above zero and reaches the peak in a run of %d steps with a warm-up of %d', (steps, warmup) => {
    const rates = Array.from({ length: steps }, (_, step) => learningRateAt(step, steps, 0.1, warmup));
    expect(Math.max(...rates)).toBe(0.1);
    expect(Math.min(...rates)).toBeGreaterThan(0);
  });
});
