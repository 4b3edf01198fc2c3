import { describe, expect, it } from 'vitest';
import { smooth } from './smooth.js';

describe('smoothing', () => {
  it('leaves a constant alone from its first point on', () => {
    for (const value of smooth([2, 2, null, 2], 0.9)) expect(value ?? 2).toBeCloseTo(2, 12);
  });

  it('changes nothing with a factor of 0', () => {
    expect(smooth([1, 5, null, -3], 0)).toEqual([1, 5, null, -3]);
  });

  it('averages with weights that fall by the factor', () => {
    expect(smooth([0, 1], 0.5)[1]).toBeCloseTo((0.5 * 1) / (0.5 + 0.25), 12);
  });
});
