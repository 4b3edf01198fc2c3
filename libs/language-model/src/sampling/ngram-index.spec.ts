import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { philox } from '../model/random.js';
import { NgramIndex } from './ngram-index.js';

/** Tokens after which the last n - 1 tokens of the text stood before. */
function reference(text: readonly number[], n: number): number[] {
  const context = text.slice(text.length - n + 1).join();
  const ends = text.map((_, end) => end).filter((end) => end >= n - 1 && text.length >= n - 1);
  const next = ends.filter((end) => text.slice(end - n + 1, end).join() === (n === 1 ? '' : context));
  return [...new Set(next.map((end) => text[end]!))].sort((a, b) => a - b);
}

const sorted = (ids: Iterable<number>): number[] => [...ids].sort((a, b) => a - b);

describe('NgramIndex', () => {
  it('knows what followed the last tokens before, at any length, wherever the shared beginning ends', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(3), { maxLength: 40 }),
        fc.integer({ min: 1, max: 5 }),
        fc.nat(40),
        (text, n, split) => {
          const beginning = new NgramIndex(n);
          for (const id of text.slice(0, split)) beginning.push(id);
          const [index, other] = [new NgramIndex(n, beginning), new NgramIndex(n, beginning)];
          text.slice(split).forEach((id, i) => {
            index.push(id);
            expect(sorted(index.continuations())).toEqual(reference(text.slice(0, split + i + 1), n));
          });
          expect(sorted(other.continuations())).toEqual(reference(text.slice(0, split), n));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('tells runs apart whose keys collide', () => {
    // 20,000 runs with keys of 22 bits: some 48 pairs share one.
    const ids = Array.from({ length: 20_000 }, (_, i) => philox(1, 2, i, 0)[0] % 65_536);
    const followers = new Map<string, Set<number>>();
    const note = (a: number, b: number, next: number): void => {
      const key = `${a},${b}`;
      followers.set(key, (followers.get(key) ?? new Set()).add(next));
    };
    const text: number[] = [];
    const index = new NgramIndex(3);
    const push = (id: number): void => {
      if (text.length >= 2) note(text.at(-2)!, text.at(-1)!, id);
      text.push(id);
      index.push(id);
    };
    ids.forEach(push);
    for (let i = 0; i + 2 < ids.length; i++) {
      push(ids[i]!);
      push(ids[i + 1]!);
      expect(sorted(index.continuations())).toEqual(sorted(followers.get(`${ids[i]!},${ids[i + 1]!}`)!));
    }
  });
});
