import { describe, expect, it } from 'vitest';
import { logMeanExp, softplus, softplusInverse } from './log-domain.js';

describe('logarithms of wealth', () => {
  it('have a mean, also where the wealth itself is no number any more', () => {
    expect(logMeanExp([Math.log(1), Math.log(3)])).toBeCloseTo(Math.log(2), 12);
    expect(logMeanExp([5_000, 5_000])).toBe(5_000);
    expect(logMeanExp([-5_000, 0])).toBeCloseTo(Math.log(0.5), 12);
    expect(logMeanExp([-Infinity, -Infinity])).toBe(-Infinity);
  });

  it.each([-800, -40, -1, 0, 1, 30, 800])('are found again after one was added to exp(%d)', (x) => {
    expect(softplus(x)).toBeCloseTo(x > 30 ? x : Math.log1p(Math.exp(x)), 12);
    if (x > -30) expect(softplusInverse(softplus(x))).toBeCloseTo(x, 9);
  });
});
