import { describe, expect, it } from 'vitest';
import { largestRise, lateGain } from './learning-curve.js';

const curve = (points: readonly [number, number, number][]) =>
  points.map(([step, validationLossNats, validationTop1]) => ({ step, validationLossNats, validationTop1 }));
const reports = (...losses: readonly number[]) =>
  losses.map((lossNats, index) => ({ step: 10 * (index + 1), lossNats }));

describe('lateGain', () => {
  it('compares the best of all evaluations with the best up to three quarters of the steps', () => {
    const gain = lateGain(
      curve([
        [100, 5, 0.2],
        [200, 4.6, 0.23],
        [300, 4.5, 0.25],
        [400, 4.4, 0.245],
      ]),
    );
    expect(gain!.lossNats).toBeCloseTo(0.1, 10);
    expect(gain!.points).toBe(0);
  });

  it('is zero when the last quarter only got worse', () => {
    const gain = lateGain(
      curve([
        [1, 5, 0.2],
        [2, 4, 0.3],
        [3, 4.5, 0.25],
        [4, 4.6, 0.24],
      ]),
    );
    expect(gain).toEqual({ lossNats: 0, points: 0 });
  });

  it.each([
    ['no evaluation', curve([])],
    [
      'three',
      curve([
        [1, 5, 0.1],
        [2, 5, 0.1],
        [3, 5, 0.1],
      ]),
    ],
    [
      'none in the first three quarters',
      curve([
        [80, 5, 0.1],
        [85, 5, 0.1],
        [90, 5, 0.1],
        [100, 5, 0.1],
      ]),
    ],
  ])('is unknown with %s', (_name, points) => {
    expect(lateGain(points)).toBeNull();
  });
});

describe('largestRise', () => {
  it('measures a rise from the lowest loss before it, however slow', () => {
    expect(largestRise(reports(9, 5, 4, 4.2, 4.5, 4.8, 4.7))).toBeCloseTo(0.8, 10);
  });

  it('is zero for a loss that only falls', () => {
    expect(largestRise(reports(9, 8, 7, 6, 5, 4))).toBe(0);
  });

  it('leaves the first tenth of the steps out', () => {
    const losses = [5, 9, ...Array.from({ length: 18 }, () => 4)];
    expect(largestRise(reports(...losses))).toBe(0);
    expect(largestRise(reports(...losses.slice(0, 10)))).toBe(0);
    expect(largestRise(reports(4, 5, 9, 4, 4, 4, 4, 4))).toBeCloseTo(5, 10);
  });

  it('averages the noise of single reports, and sees a loss that stays high', () => {
    const noisy = Array.from({ length: 400 }, (_, i) => 4 + (i % 10 === 3 ? 1 : 0) - (i % 10 === 6 ? 1 : 0));
    expect(largestRise(reports(...noisy))).toBeLessThan(0.1);
    expect(largestRise(reports(...noisy.map((loss, i) => (i > 300 && i < 330 ? loss + 1 : loss))))).toBeGreaterThan(
      0.8,
    );
  });

  it('is unknown with fewer than four reports', () => {
    expect(largestRise(reports(5, 4, 3))).toBeNull();
    expect(largestRise([])).toBeNull();
  });
});
