import { describe, expect, it } from 'vitest';
import { choiceSeed } from './choice-seed.js';

describe('the seed of a choice', () => {
  it('is the seed of the request for the first choice', () => {
    expect(choiceSeed(-42n, 0)).toBe(-42n);
  });

  it('follows SplitMix64 for the others', () => {
    // The first outputs of the reference implementation for the seed 1234567, read as signed integers.
    const reference = [6457827717110365317n, 3203168211198807973n, 9817491932198370423n - 2n ** 64n];
    expect([1, 2, 3].map((index) => choiceSeed(1234567n, index))).toEqual(reference);
  });

  it('differs between the choices of a request and between requests', () => {
    const seeds = [0n, 1n, -1n].flatMap((seed) => Array.from({ length: 128 }, (_, index) => choiceSeed(seed, index)));
    expect(new Set(seeds).size).toBe(3 * 128);
  });
});
