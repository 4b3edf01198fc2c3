import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimate } from './decimate.js';

const value = fc.option(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { nil: null });

describe('decimation of a curve', () => {
  it('keeps the highest and the lowest point, the order, and no more than four points per column', () => {
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 3000 }),
        fc.integer({ min: 1, max: 50 }),
        (ys, columns) => {
          const xs = ys.map((_, index) => index);
          const kept = decimate({ xs, ys }, 0, xs.length - 1, columns);
          const seen = ys.filter((y) => y !== null);
          const shown = kept.ys.filter((y) => y !== null);
          expect(Math.max(...shown)).toBe(Math.max(...seen));
          expect(Math.min(...shown)).toBe(Math.min(...seen));
          expect(kept.xs).toEqual([...kept.xs].sort((a, b) => a - b));
          expect(kept.xs.length).toBeLessThanOrEqual(4 * (columns + 1));
          expect(kept.ys).toEqual(kept.xs.map((x) => ys[x]));
        },
      ),
    );
  });

  it('leaves a curve alone that has room', () => {
    expect(decimate({ xs: [1, 2, 3], ys: [5, null, 7] }, 1, 3, 100)).toEqual({ xs: [1, 2, 3], ys: [5, null, 7] });
  });

  it('keeps a point beyond either edge, so that lines reach it', () => {
    const xs = Array.from({ length: 100 }, (_, index) => index);
    const kept = decimate({ xs, ys: xs }, 40, 50, 100);
    expect(kept.xs[0]).toBe(39);
    expect(kept.xs.at(-1)).toBe(51);
  });
});
