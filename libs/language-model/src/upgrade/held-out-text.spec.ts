import { describe, expect, it } from 'vitest';
import type { CorpusPart, PreparedCorpus } from '../corpus/index.js';
import { comparisonText, predictedTokens, samplePrompts, unitsOf } from './held-out-text.js';

/** A part whose documents have these lengths, `<doc>` included; the ids count within a document, from 2. */
function part(lengths: readonly number[]): CorpusPart {
  const documents = lengths.map((length, index) => ({
    name: `${index}.txt`,
    start: lengths.slice(0, index).reduce((sum, one) => sum + one, 0),
    length,
  }));
  const ids = Uint16Array.from(documents.flatMap(({ length }) => Array.from({ length }, (_, i) => i + 1)));
  return { ids, documents };
}

const corpus = (test: CorpusPart, validation: CorpusPart = part([500])): PreparedCorpus =>
  ({ test, validation }) as PreparedCorpus;

describe('comparisonText', () => {
  it('takes whole documents of the test part when there is room', () => {
    const text = comparisonText(corpus(part([101, 51])), 1_000);
    expect(text).toMatchObject({ part: 'test', starts: [0, 101], tokens: 150 });
    expect(text.ids.length).toBe(152);
  });

  it('takes the validation part when nothing was kept for a test', () => {
    expect(comparisonText(corpus(part([])), 1_000)).toMatchObject({ part: 'validation', tokens: 499 });
  });

  it('cuts the long documents, all to the same length, and leaves the short ones whole', () => {
    const text = comparisonText(corpus(part([500, 40, 300, 101])), 401);
    expect(text.starts).toEqual([0, 130, 170, 300]);
    expect(text.ids.length).toBe(401);
    expect([...text.ids.subarray(130, 133)]).toEqual([1, 2, 3]);
  });

  it('refuses a text that is too short, and names the setting', () => {
    expect(() => comparisonText(corpus(part([100])), 1_000)).toThrow(
      /test part has 99 tokens, but at least 100 .* test_fraction/,
    );
  });
});

describe('unitsOf', () => {
  it('sums over whole documents where there are eight or more, beginnings left out', () => {
    const text = comparisonText(corpus(part([21, 31, 21, 21, 21, 21, 21, 11])), 1_000);
    const { unit, units } = unitsOf(text, () => 2);
    expect(unit).toBe('documents');
    expect(units.map(({ tokens }) => tokens)).toEqual([20, 30, 20, 20, 20, 20, 20, 10]);
    expect(units.every(({ sum, tokens }) => sum === 2 * tokens)).toBe(true);
  });

  it('sums over blocks that cross no document where there are fewer', () => {
    const text = comparisonText(corpus(part([101, 151])), 1_000);
    const { unit, units } = unitsOf(text, () => 1);
    expect(unit).toBe('blocks');
    // 250 tokens in 20 blocks: 13 a block, the last of each document shorter.
    expect(units.map(({ tokens }) => tokens)).toEqual([
      ...Array<number>(7).fill(13),
      100 - 91,
      ...Array<number>(11).fill(13),
      150 - 143,
    ]);
  });

  it('gives each token but the beginnings to one unit', () => {
    const text = comparisonText(corpus(part([101, 151, 91])), 300);
    const seen: number[] = [];
    unitsOf(text, (index) => seen.push(index));
    expect(seen).toEqual([...predictedTokens(text)]);
    expect(seen.length).toBe(text.tokens);
    expect(seen.every((index) => text.ids[index + 1] !== 1)).toBe(true);
  });
});

describe('samplePrompts', () => {
  const options = { count: 2, promptTokens: 3, originalTokens: 4 };

  it('begins in the middle of documents that are long enough, after a paragraph that is near', () => {
    const prompts = samplePrompts(part([10, 41, 61, 51]), 24, options);
    expect(prompts).toEqual([
      { prompt: [25, 26, 27], original: [28, 29, 30, 31] },
      { prompt: [31, 32, 33], original: [34, 35, 36, 37] },
    ]);
  });

  it('begins in the middle where there are no paragraphs', () => {
    expect(samplePrompts(part([41]), undefined, options)).toEqual([
      { prompt: [21, 22, 23], original: [24, 25, 26, 27] },
    ]);
  });

  it('has none for documents that are too short', () => {
    expect(samplePrompts(part([16, 16]), undefined, options)).toEqual([]);
  });
});
