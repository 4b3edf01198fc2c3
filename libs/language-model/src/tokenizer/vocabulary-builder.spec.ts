import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCodedError } from '#errors';
import type { TokenRange } from './vocabulary-builder.js';
import { VocabularyBuilder } from './vocabulary-builder.js';

/** Reads documents and builds a vocabulary of the first `counted` of them. */
function build(
  documents: string[],
  options: { size?: number; minimumCount?: number; counted?: number; dictionaryLimit?: number } = {},
) {
  const { size = 1_000, minimumCount = 1, counted = documents.length, dictionaryLimit = 1_000 } = options;
  const builder = new VocabularyBuilder('text', { dictionaryLimit });
  const ranges = documents.map((text): TokenRange => {
    const start = builder.length;
    builder.push(text);
    builder.endDocument();
    return { start, length: builder.length - start };
  });
  const built = builder.build(ranges.slice(0, counted), { maxVocabularySize: size, minimumCount });
  const encoded = ranges.map((range) => {
    const ids = new Uint16Array(range.length);
    const unknown = built.encodeRange(range, ids, 0);
    return { ids: [...ids], unknown };
  });
  return { builder, tokenizer: built.tokenizer, distinctTokens: built.distinctTokens, encoded };
}

const sentence = fc
  .array(fc.constantFrom('a', 'the', 'The', 'cat', "don't", 'zebra', ',', '.', '"', '(', '-', '\n\n', 'Émile', '☃'), {
    maxLength: 60,
  })
  .map((words) => words.join(' '));

describe('VocabularyBuilder', () => {
  it('gives a document the ids that the tokenizer gives its text', () => {
    fc.assert(
      fc.property(sentence, sentence, fc.integer({ min: 6, max: 30 }), (counted, other, size) => {
        const { tokenizer, encoded } = build([counted, other], { size, counted: 1 });
        // A document does not end in a paragraph break, a prompt may.
        expect(encoded.map(({ ids }) => ids)).toEqual([counted, other].map((text) => tokenizer.encode(text.trimEnd())));
      }),
      { numRuns: 300 },
    );
  });

  it('numbers tokens by falling frequency, ties by code point', () => {
    const { tokenizer } = build(['b b b a a c c d 😀 \uFF5E']);
    const expected = ['<unk>', '<doc>', 'b', 'a', 'c', ' \uFF5E ', ' 😀 ', 'd', '<cap>', '<upper>', '<p>'];
    expect(tokenizer.toJSON().tokens).toEqual(expected);
  });

  it('never counts a more frequent token after a rarer one', () => {
    fc.assert(
      fc.property(sentence, (text) => {
        const { tokenizer, encoded } = build([text]);
        const counts = new Array<number>(tokenizer.vocabularySize).fill(0);
        for (const id of encoded[0]?.ids ?? []) counts[id] = (counts[id] ?? 0) + 1;
        const ordered = counts.slice(2);
        expect(ordered).toEqual([...ordered].sort((a, b) => b - a));
      }),
    );
  });

  it('holds at most as many tokens as it is allowed, special tokens included', () => {
    const { tokenizer, encoded } = build(['a a a b b c'], { size: 7 });
    expect(tokenizer.vocabularySize).toBe(7);
    expect(encoded[0]?.unknown).toBe(1);
  });

  it('counts the ranges it is given and no others', () => {
    const { tokenizer, distinctTokens, encoded } = build(['cat cat', 'dog dog dog'], { counted: 1 });
    expect(tokenizer.idOf('dog')).toBeUndefined();
    expect(distinctTokens).toBe(1);
    expect(encoded[1]).toEqual({ ids: [0, 0, 0], unknown: 3 });
  });

  it('leaves words out that are rarer than the minimum', () => {
    const { tokenizer } = build(['twice twice once'], { minimumCount: 2 });
    expect(tokenizer.idOf('twice')).toBe(2);
    expect(tokenizer.idOf('once')).toBeUndefined();
  });

  it('builds the same vocabulary from the same text', () => {
    fc.assert(
      fc.property(sentence, (text) => {
        expect(build([text]).tokenizer.toJSON()).toEqual(build([text]).tokenizer.toJSON());
      }),
      { numRuns: 50 },
    );
  });

  it('forgets rare words when there are more than it can hold, in the same way each time', () => {
    const garbage = Array.from(
      { length: 40 },
      (_, part) => `the cat the the ${Array.from({ length: 20 }, (_unused, word) => `w${part}x${word}`).join(' ')} cat`,
    );
    const first = build(garbage, { dictionaryLimit: 100 });
    expect(first.builder.forgottenWords).toBeGreaterThan(0);
    expect(first.tokenizer.vocabularySize).toBeLessThan(120);
    expect(first.tokenizer.idOf('the')).toBe(2);
    expect(first.tokenizer.idOf('cat')).toBe(3);
    expect(build(garbage, { dictionaryLimit: 100 }).encoded).toEqual(first.encoded);
  });

  it('takes a document back without a trace', () => {
    const builder = new VocabularyBuilder('text');
    for (const text of ['one two', 'three']) {
      builder.push(text);
      builder.endDocument();
    }
    builder.truncate(2);
    const { tokenizer } = builder.build([{ start: 0, length: builder.length }], { maxVocabularySize: 100 });
    expect(tokenizer.idOf('three')).toBeUndefined();
    expect(builder.length).toBe(2);
  });

  it.each([5, 65_537, 10.5, Number.NaN])('refuses a vocabulary of %d tokens', (size) => {
    expect(() => build(['text'], { size })).toThrow(expect.toSatisfy((error) => isCodedError(error, 'invalid_value')));
  });

  it('never forgets the words of a tokenizer that it encodes with', () => {
    const words = Array.from({ length: 200 }, (_, index) => `w${index}`).join(' ');
    const { tokenizer } = build(['kept words']);
    const builder = new VocabularyBuilder('text', { dictionaryLimit: 20, keep: tokenizer });
    for (const piece of ['kept ', words, ' ', words, ' words']) builder.push(piece);
    builder.endDocument();
    const range = { start: 0, length: builder.length };
    const ids = new Uint16Array(range.length);
    builder.encodeWith(tokenizer, [range]).encodeRange(range, ids, 0);
    expect(builder.forgottenWords).toBeGreaterThan(0);
    expect([...ids].filter((id) => id !== tokenizer.unknownId)).toEqual(tokenizer.encode('kept words'));
  });
});
