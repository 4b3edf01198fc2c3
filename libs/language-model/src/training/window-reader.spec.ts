import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WindowReader, type Window } from './window-reader.js';

const SEED = 5;

/** Text whose token at each position is the position. */
function counting(length: number): Uint16Array {
  return Uint16Array.from({ length }, (_, i) => i);
}

function windows(reader: WindowReader, epoch: number): Window[] {
  return Array.from({ length: reader.windowsPerEpoch }, (_, index) => reader.read(epoch, index));
}

/** What each lane reads in an epoch, lane by lane. */
function lanes(reader: WindowReader, epoch: number, batchSize: number): number[][] {
  const all = windows(reader, epoch).flatMap(({ ids }) => [...ids].map(Number)); // time-major across windows too
  return Array.from({ length: batchSize }, (_, lane) => all.filter((_id, i) => i % batchSize === lane));
}

describe('WindowReader', () => {
  it('lays out ids and targets time-major, one token apart', () => {
    const { ids, targets } = new WindowReader(counting(13), 2, 3, SEED).read(0, 1);
    // Two lanes of 6 tokens: 0 to 5 and 6 to 11; the second window begins at 3 and 9.
    expect([...ids].map(Number)).toEqual([3, 9, 4, 10, 5, 11]);
    expect([...targets].map(Number)).toEqual([4, 10, 5, 11, 6, 12]);
  });

  it('lets each lane read on where its last window ended, and all lanes together read each token at most once', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 0, max: 150 }),
        fc.nat(3),
        (B, T, more, epoch) => {
          const length = B * T + 1 + more;
          const reader = new WindowReader(counting(length), B, T, SEED);
          const read = lanes(reader, epoch, B);
          for (const lane of read) {
            for (let i = 1; i < lane.length; i++) expect(lane[i]).toBe((lane[i - 1]! + 1) % length);
          }
          const all = read.flat();
          expect(new Set(all).size).toBe(all.length);
          expect(length - 1 - all.length).toBeLessThan(B * T);
          for (const { ids, targets } of windows(reader, epoch)) {
            ids.forEach((id, i) => expect(Number(targets[i])).toBe((Number(id) + 1) % length));
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('starts the first epoch at the beginning, each other elsewhere, and wraps around', () => {
    const reader = new WindowReader(counting(1000), 3, 10, SEED);
    const starts = [0, 1, 2, 3, 4, 5].map((epoch) => Number(reader.read(epoch, 0).ids[0]));
    expect(starts[0]).toBe(0);
    expect(new Set(starts).size).toBe(starts.length);
    expect(lanes(reader, 1, 3).flat()).toContain(0);
  });

  it('reads the same for the same seed and something else for another', () => {
    const read = (seed: number): string =>
      windows(new WindowReader(counting(500), 2, 8, seed), 1)
        .map(({ ids }) => ids.join())
        .join();
    expect(read(1)).toBe(read(1));
    expect(read(1)).not.toBe(read(2));
    expect(read(1)).not.toBe(read(1 + 2 ** 32));
  });

  it('fills exactly one window from the smallest text and refuses a smaller one', () => {
    expect(new WindowReader(counting(13), 3, 4, SEED).windowsPerEpoch).toBe(1);
    expect(() => new WindowReader(counting(12), 3, 4, SEED)).toThrow(
      expect.objectContaining({
        code: 'corpus_too_small',
        message: expect.stringMatching(/12 tokens.*at least 13/) as string,
      }),
    );
  });

  it('keeps no window: the memory held does not grow with the windows read', () => {
    const reader = new WindowReader(new Uint16Array(5_000_000), 64, 50, SEED);
    expect(Object.values(reader).filter((value) => typeof value === 'object')).toEqual([expect.any(Uint16Array)]);
    expect(reader.windowsPerEpoch).toBe(1562);
    expect(reader.read(3, 1561).ids.length).toBe(3200);
  });
});
