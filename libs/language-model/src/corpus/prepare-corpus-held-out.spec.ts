import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ErrorCode, isCodedError } from '#errors';
import type { PrepareCorpusOptions, PreparedCorpus } from './prepare-corpus.js';
import { prepareCorpus } from './prepare-corpus.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'corpus-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function write(files: Record<string, string>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

function prepare(options: Partial<PrepareCorpusOptions> = {}): Promise<PreparedCorpus> {
  return prepareCorpus({ paths: [folder], seed: 1, minimumTokens: 10, minimumCount: 1, ...options });
}

/** 200 words that nobody else writes. */
function wordsOf(author: number): string[] {
  const letters = (number: number): string =>
    String(number).replace(/\d/gu, (digit) => 'abcdefghij'.charAt(Number(digit)));
  return Array.from({ length: 200 }, (_, index) => `${letters(author)}x${letters(index)}`);
}

function textOf(author: number): string {
  return wordsOf(author).join(' ');
}

/** What the author wrote, with each tenth word changed. */
function edited(author: number): string {
  return wordsOf(author)
    .map((word, index) => (index % 10 === 0 ? 'edited' : word))
    .join(' ');
}

function shelf(books: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: books }, (_, author) => [`book${author}.txt`, textOf(author)]));
}

function codes(corpus: PreparedCorpus, document: string): string[] {
  return corpus.report.findings.filter((finding) => finding.document === document).map(({ code }) => code);
}

async function failure(promise: Promise<unknown>, code: ErrorCode): Promise<string> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toSatisfy((found) => isCodedError(found, code));
  return (error as Error).message;
}

describe('prepareCorpus', () => {
  describe('with near duplicates', () => {
    it('keeps them in one part, whatever the seed, and names them', async () => {
      await write({ ...shelf(8), 'twin.txt': edited(2) });
      for (let seed = 0; seed < 8; seed++) {
        const corpus = await prepare({ seed, validationFraction: 0.2, testFraction: 0.2 });
        const parts = [corpus.train, corpus.validation, corpus.test].map(({ documents }) =>
          documents.map(({ name }) => name),
        );
        expect(parts.filter((names) => names.includes('book2.txt') || names.includes('twin.txt'))).toHaveLength(1);
        const findings = corpus.report.findings.filter(({ code }) => code === 'near_duplicates');
        expect(findings.map(({ message }) => message)).toEqual([
          expect.stringMatching(
            /^book2\.txt and twin\.txt are near duplicates: \d+% .* They stay together, in the (training|validation|test) part\.$/u,
          ),
        ]);
      }
    });

    it('says so when too few documents are left to keep them together', async () => {
      await write({
        'a.txt': edited(0),
        'b.txt': textOf(0),
        'c.txt': `${edited(0)} again`,
      });
      const corpus = await prepare();
      expect(corpus.report.validation.documents).toBe(1);
      expect(codes(corpus, 'a.txt')).toEqual(['near_duplicates_divided']);
    });

    it('leaves out a validation document that has one among the others', async () => {
      await write({
        ...shelf(4),
        'for-validation/copy.txt': edited(1),
        'for-validation/new.txt': textOf(9),
      });
      const paths = ['book0.txt', 'book1.txt', 'book2.txt', 'book3.txt'].map((name) => join(folder, name));
      const corpus = await prepare({ paths, validationPaths: [join(folder, 'for-validation')] });
      expect(corpus.validation.documents.map(({ name }) => name)).toEqual(['new.txt']);
      const [finding] = corpus.report.findings.filter(({ code }) => code === 'near_duplicate_dropped');
      expect(finding?.message).toMatch(/^copy\.txt was left out: .* book1\.txt/u);
      const copy = join(folder, 'for-validation', 'copy.txt');
      expect(await failure(prepare({ paths, validationPaths: [copy] }), 'invalid_value')).toContain('book1.txt');
    });
  });

  describe('with a text of its own to validate on', () => {
    const own = (): string => join(folder, '..', `${basename(folder)}-validation`);
    afterEach(() => rm(own(), { recursive: true, force: true }));
    const validateOn = async (files: Record<string, string>): Promise<PreparedCorpus> => {
      await write(shelf(6));
      await write(
        Object.fromEntries(Object.entries(files).map(([name, text]) => [join('..', basename(own()), name), text])),
      );
      return prepare({ validationPaths: [own()], minimumCount: 1 });
    };

    it('validates on it alone and holds out nothing else but the test part', async () => {
      const { train, validation, test, report } = await validateOn({ 'other.txt': textOf(9) });
      expect(validation.documents.map(({ name }) => name)).toEqual(['other.txt']);
      expect([train.documents.length, test.documents.length]).toEqual([5, 1]);
      expect(report).toMatchObject({ files: 7, documents: 7, validation: { documents: 1, unknownTokens: 200 } });
      expect(report.findings.map(({ message }) => message)).toEqual([
        expect.stringMatching(/^The test part is 16\.7%/u),
      ]);
    });

    it('leaves out what is among the other documents', async () => {
      const corpus = await validateOn({ 'copy.txt': textOf(2), 'other.txt': textOf(9) });
      expect(codes(corpus, 'copy.txt')).toEqual(['duplicate_dropped']);
      expect(corpus.validation.documents.map(({ name }) => name)).toEqual(['other.txt']);
    });

    it('refuses it when nothing is left of it', async () => {
      expect(await failure(validateOn({ 'copy.txt': textOf(2) }), 'invalid_value')).toMatch(/copy\.txt.*book2\.txt/u);
      await rm(own(), { recursive: true });
      await failure(validateOn({ 'empty.txt': '' }), 'corpus_empty');
    });

    it('has another hash than without it', async () => {
      const { dataSha256 } = await validateOn({ 'other.txt': textOf(9) });
      expect((await prepare()).dataSha256).not.toBe(dataSha256);
    });
  });

  describe('with the tokenizer of a model that goes on learning', () => {
    it('has the ids that the tokenizer gives the text', async () => {
      await write(shelf(6));
      const { tokenizer, ...first } = await prepare();
      await write({ 'new.txt': textOf(9) });
      const corpus = await prepare({ tokenizer, validationFraction: 0, testFraction: 0 });
      expect(corpus.tokenizer).toBe(tokenizer);
      expect(corpus.dataSha256).not.toBe(first.dataSha256);
      expect(corpus.report.train.unknownTokens).toBeGreaterThan(0);
      const place = corpus.train.documents.find(({ name }) => name === 'new.txt');
      const ids = corpus.train.ids.subarray((place?.start ?? 0) + 1, (place?.start ?? 0) + (place?.length ?? 0));
      expect([...ids]).toEqual(tokenizer.encode(textOf(9)));
    });

    it('refuses another tokenisation than its own', async () => {
      await write(shelf(6));
      const { tokenizer } = await prepare({ tokenization: 'words' });
      expect((await prepare({ tokenizer })).tokenizer.mode).toBe('words');
      await failure(prepare({ tokenizer, tokenization: 'text' }), 'invalid_value');
    });
  });
});
