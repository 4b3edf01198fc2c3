import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VocabularyBuilder } from '../tokenizer/index.js';
import { findNearTwins, groupTwins, type NearTwins } from './near-twins.js';

/** Words that no other call gives. */
let made = 0;
function newWords(count: number): string[] {
  return Array.from({ length: count }, () => `w${(made++).toString(36)}`);
}

function twinsOf(texts: readonly string[], largestSketch?: number): NearTwins[] {
  const builder = new VocabularyBuilder('text');
  const ranges = texts.map((text) => {
    const start = builder.length;
    builder.push(text);
    builder.endDocument();
    return { start, length: builder.length - start };
  });
  return findNearTwins(ranges, builder, largestSketch);
}

/** The definition, word for word. */
function sharedShareByHand(a: readonly string[], b: readonly string[]): number {
  const shingles = (words: readonly string[]): Set<string> =>
    new Set(words.slice(4).map((_, index) => words.slice(index, index + 5).join(' ')));
  const [first, second] = [shingles(a), shingles(b)];
  const shared = [...first].filter((shingle) => second.has(shingle)).length;
  return shared < 16 ? 0 : shared / Math.min(first.size, second.size);
}

describe('findNearTwins', () => {
  it('finds the share of the five-word runs of the shorter document that the other one has', () => {
    const words = fc.array(fc.constantFrom(...'a b c d'.split(' ')), { minLength: 5, maxLength: 120 });
    fc.assert(
      fc.property(words, words, (a, b) => {
        const expected = sharedShareByHand(a, b);
        const twins = twinsOf([a.join(' '), b.join(' ')]);
        expect(twins.map(({ sharedShare }) => sharedShare)).toEqual(expected >= 0.2 ? [expected] : []);
      }),
    );
  });

  it('does not look at case, punctuation and line breaks', () => {
    const words = newWords(100);
    const other = words.map((word, index) => (index % 7 === 0 ? `${word.toUpperCase()},\n\n` : word)).join('  ');
    expect(twinsOf([words.join(' '), other])).toEqual([{ first: 0, second: 1, sharedShare: 1 }]);
  });

  it('finds a part inside of a collection that is many times as long', () => {
    const part = newWords(200);
    const collection = [...newWords(5_000), ...part, ...newWords(5_000)];
    expect(twinsOf([collection.join(' '), newWords(200).join(' '), part.join(' ')])).toEqual([
      { first: 0, second: 2, sharedShare: 1 },
    ]);
  });

  it('does not take texts with other words or in another order for twins', () => {
    const words = newWords(300);
    expect(twinsOf([words.join(' '), [...words].reverse().join(' '), newWords(300).join(' ')])).toEqual([]);
  });

  it('estimates the share from a part of the shingles when there are more than the sketch holds', () => {
    const original = newWords(20_000);
    const edited = original.map((word, index) => (index % 20 === 0 ? newWords(1).join('') : word));
    const [twins, ...others] = twinsOf([original.join(' '), newWords(20_000).join(' '), edited.join(' ')], 6_000);
    expect(others).toEqual([]);
    expect(twins).toMatchObject({ first: 0, second: 2 });
    // Five of twenty runs hold the edited word; a tenth of 20,000 are looked at: standard deviation 0.01.
    expect(Math.abs((twins?.sharedShare ?? 0) - 0.75)).toBeLessThan(0.05);
  });

  it('links a crowd of nearly equal documents into one group', () => {
    const form = newWords(100);
    const documents = Array.from({ length: 200 }, () => [...form, ...newWords(10)].join(' '));
    const groups = groupTwins(201, twinsOf([...documents, newWords(100).join(' ')]));
    expect([...groups]).toEqual([...new Array<number>(200).fill(0), 200]);
  });

  it('finds nothing in documents that are shorter than a shingle', () => {
    expect(twinsOf(['one two', 'one two', ''])).toEqual([]);
  });
});

describe('groupTwins', () => {
  it('joins twins of twins', () => {
    const pair = (first: number, second: number): NearTwins => ({ first, second, sharedShare: 1 });
    expect([...groupTwins(7, [pair(1, 4), pair(3, 6), pair(4, 6)])]).toEqual([0, 1, 2, 1, 1, 5, 1]);
  });
});
