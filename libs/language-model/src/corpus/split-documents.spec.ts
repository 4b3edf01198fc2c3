import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCodedError } from '#errors';
import type { Block, SplittableDocument, SplitOptions } from './split-documents.js';
import { splitDocuments } from './split-documents.js';

function documentsOf(...lengths: number[]): SplittableDocument[] {
  return lengths.map((length, index) => ({ sha256: `text ${index}`, length }));
}

function tokens(blocks: readonly Block[]): number {
  return blocks.reduce((sum, { length }) => sum + length, 0);
}

const FRACTIONS: SplitOptions = { seed: 1, validationFraction: 0.1, testFraction: 0.1 };
const anyDocuments = fc
  .array(fc.integer({ min: 1, max: 10_000 }), { minLength: 3, maxLength: 60 })
  .map((lengths) => documentsOf(...lengths));
const anyOptions = fc.record({
  seed: fc.integer(),
  validationFraction: fc.double({ min: 0, max: 0.4, noNaN: true }),
  testFraction: fc.double({ min: 0, max: 0.4, noNaN: true }),
});

describe('splitDocuments', () => {
  it('puts each document into one part, whole', () => {
    fc.assert(
      fc.property(anyDocuments, anyOptions, (documents, options) => {
        const { train, validation, test, sharesDocument } = splitDocuments(documents, options);
        const blocks = [...train, ...validation, ...test].sort((a, b) => a.document - b.document);
        expect(blocks).toEqual(documents.map(({ length }, document) => ({ document, start: 0, length })));
        expect(train.length).toBeGreaterThan(0);
        expect(sharesDocument).toBe(false);
      }),
    );
  });

  it('holds out a document for validation and for test when there are three or more', () => {
    for (const lengths of [
      [5, 5, 5],
      [1, 1, 10_000],
      [10_000, 9_000, 8_000, 1],
    ]) {
      const { validation, test } = splitDocuments(documentsOf(...lengths), FRACTIONS);
      expect([validation.length >= 1, test.length >= 1]).toEqual([true, true]);
    }
  });

  it('holds out close to the share that was asked for when documents are small', () => {
    const lengths = fc.array(fc.integer({ min: 50, max: 200 }), { minLength: 100, maxLength: 150 });
    fc.assert(
      fc.property(lengths, fc.integer(), (all, seed) => {
        const documents = documentsOf(...all);
        const { train, validation, test } = splitDocuments(documents, { ...FRACTIONS, seed });
        const target = 0.1 * (tokens(train) + tokens(validation) + tokens(test));
        expect(Math.abs(tokens(validation) - target)).toBeLessThanOrEqual(100);
        expect(Math.abs(tokens(test) - target)).toBeLessThanOrEqual(100);
      }),
    );
  });

  it('does not hold out a document that dwarfs the others', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { validation, test } = splitDocuments(documentsOf(100_000, 1_000, 1_000, 1_000, 50_000), {
        ...FRACTIONS,
        seed,
      });
      expect(tokens(validation) + tokens(test)).toBeLessThan(60_000);
    }
  });

  it('keeps the documents of a group in one part while there are three groups', () => {
    const grouped = fc
      .array(fc.tuple(fc.integer({ min: 1, max: 10_000 }), fc.nat(12)), { minLength: 3, maxLength: 60 })
      .map((all) => all.map(([length, group], index) => ({ sha256: `text ${index}`, length, group })))
      .filter((documents) => new Set(documents.map(({ group }) => group)).size >= 3);
    fc.assert(
      fc.property(grouped, anyOptions, (documents, options) => {
        const { train, validation, test, dividesGroups } = splitDocuments(documents, options);
        const [a, b, c] = [train, validation, test].map(
          (blocks) => new Set(blocks.map(({ document }) => documents[document]?.group)),
        );
        expect(dividesGroups).toBe(false);
        expect(new Set([...(a ?? []), ...(b ?? []), ...(c ?? [])]).size).toBe(
          (a?.size ?? 0) + (b?.size ?? 0) + (c?.size ?? 0),
        );
        expect(train.length + validation.length + test.length).toBe(documents.length);
      }),
    );
  });

  it('holds out the same documents whether each is a group of its own or none is named', () => {
    fc.assert(
      fc.property(anyDocuments, anyOptions, (documents, options) => {
        const alone = documents.map((document, index) => ({ ...document, group: index }));
        expect(splitDocuments(alone, options)).toEqual(splitDocuments(documents, options));
      }),
    );
  });

  it('divides groups, and says so, when there are fewer than three', () => {
    const documents = documentsOf(5, 5, 5, 5).map((document) => ({ ...document, group: 0 }));
    const { validation, test, dividesGroups } = splitDocuments(documents, FRACTIONS);
    expect([validation.length, test.length, dividesGroups]).toEqual([1, 1, true]);
  });

  it('depends on the seed and the texts, and on nothing else', () => {
    const documents = documentsOf(...Array.from({ length: 40 }, () => 100));
    const heldOut = (seed: number): number[] =>
      splitDocuments(documents, { ...FRACTIONS, seed }).validation.map(({ document }) => document);
    expect(heldOut(1)).toEqual(heldOut(1));
    expect(heldOut(1)).not.toEqual(heldOut(2));
  });

  it('holds out the end of the longest document when there are fewer than three, and says so', () => {
    expect(splitDocuments(documentsOf(1_000), FRACTIONS)).toEqual({
      train: [{ document: 0, start: 0, length: 800 }],
      validation: [{ document: 0, start: 800, length: 100 }],
      test: [{ document: 0, start: 900, length: 100 }],
      sharesDocument: true,
      dividesGroups: false,
    });
    const { train } = splitDocuments(documentsOf(100, 900), FRACTIONS);
    expect(train).toEqual([
      { document: 0, start: 0, length: 100 },
      { document: 1, start: 0, length: 700 },
    ]);
  });

  it('holds out nothing when nothing is asked for', () => {
    const split = splitDocuments(documentsOf(10, 10), { seed: 1, validationFraction: 0, testFraction: 0 });
    expect(split).toMatchObject({ validation: [], test: [], sharesDocument: false });
  });

  it('trains on no more tokens than it is allowed and shrinks the held-out parts with them', () => {
    fc.assert(
      fc.property(anyDocuments, fc.integer({ min: 1, max: 5_000 }), (documents, maxTokens) => {
        const { train, validation, test } = splitDocuments(documents, { ...FRACTIONS, maxTokens });
        fc.pre(documents.reduce((sum, { length }) => sum + length, 0) > maxTokens / 0.8);
        expect(tokens(train)).toBeLessThanOrEqual(maxTokens);
        expect(Math.max(tokens(validation), tokens(test))).toBeLessThanOrEqual(maxTokens / 8 + 1);
        const used = [...train, ...validation, ...test].map(({ document }) => document);
        expect(new Set(used).size).toBe(used.length);
      }),
    );
  });

  it.each([
    [-0.1, 0.1],
    [0.1, 1],
    [Number.NaN, 0],
    [0.5, 0.45],
  ])('refuses the fractions %d and %d', (validationFraction, testFraction) => {
    expect(() => splitDocuments(documentsOf(1, 1, 1), { seed: 1, validationFraction, testFraction })).toThrow(
      expect.toSatisfy((error) => isCodedError(error, 'invalid_value')),
    );
  });
});
