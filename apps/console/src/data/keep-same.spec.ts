import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keepSame } from './keep-same.js';

const json = fc.jsonValue();

describe('keepSame', () => {
  it('is always equal to what came now', () => {
    fc.assert(
      fc.property(json, json, (before, now) => {
        expect(keepSame(before, now)).toEqual(now);
      }),
    );
  });

  it('is the very object of before where nothing has changed', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(keepSame(value, structuredClone(value))).toBe(value);
      }),
    );
  });

  it('keeps the items of a list when one comes before them and one of them changes', () => {
    const before = {
      data: [
        { id: 'b', n: 1 },
        { id: 'a', n: [1, 2] },
      ],
    };
    const now = {
      data: [
        { id: 'c', n: 0 },
        { id: 'b', n: 2 },
        { id: 'a', n: [1, 2] },
      ],
    };
    const kept = keepSame(before, now);
    expect(kept).toEqual(now);
    expect(kept.data[2]).toBe(before.data[1]);
    expect(kept.data[1]).not.toBe(before.data[0]);
  });

  it('takes what is no plain value as it is', () => {
    const now = new Map([['a', 1]]);
    expect(keepSame(new Map([['a', 1]]), now)).toBe(now);
  });
});
