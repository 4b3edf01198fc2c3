import { describe, expect, it } from 'vitest';
import { differenceOf, lineOf } from './curve-line.js';
import type { RunCurve } from './run-curve.js';

const curve = {
  steps: [10, 20, 30],
  at: [100, 160, 280],
  columns: { train_loss: [5, null, 3], valid_loss: [null, 4, null] },
  lastId: 'ftevent-3',
  told: 3,
} as unknown as RunCurve;

describe('lineOf', () => {
  it('has the points that know the number, over steps or over minutes since the beginning', () => {
    expect(lineOf(curve, 'train_loss', 'step')).toEqual({ xs: [10, 30], ys: [5, 3] });
    expect(lineOf(curve, 'train_loss', 'time')).toEqual({ xs: [0, 3], ys: [5, 3] });
  });

  it('is the same object for the same curve', () => {
    expect(lineOf(curve, 'valid_loss', 'step')).toBe(lineOf(curve, 'valid_loss', 'step'));
  });

  it('never goes back', () => {
    const again = { ...curve, at: [100, 400, 280] };
    expect(lineOf(again, 'train_loss', 'time').xs).toEqual([0, 3]);
    const back = { ...curve, at: [100, 160, 90] };
    expect(lineOf(back, 'train_loss', 'time').xs).toEqual([0]);
  });
});

describe('differenceOf', () => {
  const base = { xs: [0, 10, 20], ys: [0, 10, 30] };

  it('compares with the other line between its points, where it reaches', () => {
    const line = { xs: [-5, 0, 5, 15, 20, 25], ys: [1, 1, 1, 1, 1, 1] };
    expect(differenceOf(line, base)).toEqual({ xs: [0, 5, 15, 20], ys: [1, -4, -19, -29] });
  });

  it('of a line to itself is 0, and to nothing is nothing', () => {
    expect(differenceOf(base, base).ys).toEqual([0, 0, 0]);
    expect(differenceOf(base, { xs: [], ys: [] })).toEqual({ xs: [], ys: [] });
  });
});
