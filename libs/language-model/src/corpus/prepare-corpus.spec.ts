import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ErrorCode, isCodedError } from '#errors';
import type { CorpusPart, PrepareCorpusOptions, PreparedCorpus } from './prepare-corpus.js';
import { prepareCorpus } from './prepare-corpus.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'corpus-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function write(files: Record<string, string | Buffer>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

function prepare(options: Partial<PrepareCorpusOptions> = {}): Promise<PreparedCorpus> {
  return prepareCorpus({ paths: [folder], seed: 1, minimumTokens: 10, ...options });
}

/** A text that says who wrote it in every sentence; those of different authors are near duplicates. */
function textOf(author: string, sentences = 20): string {
  return Array.from({ length: sentences }, (_, index) => `The ${author} said, "It's number ${index}, isn't it?"`).join(
    '\n',
  );
}

function filesOf(count: number): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`book${index}.txt`, textOf(`author${index}`)]),
  );
}

function proseWithoutRepeats(): string {
  return Array.from({ length: 400 }, (_, index) => `word${index}`).join(' ');
}

function texts({ tokenizer }: PreparedCorpus, part: CorpusPart): string[] {
  return part.documents.map(({ start, length }) => tokenizer.decode(part.ids.subarray(start, start + length)));
}

function codes(corpus: PreparedCorpus, document?: string): string[] {
  return corpus.report.findings
    .filter((finding) => document === undefined || finding.document === document)
    .map(({ code }) => code);
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
  it('puts every document into one part, begun by <doc> and whole', async () => {
    await write(filesOf(12));
    const corpus = await prepare({ minimumCount: 1 });
    const names: string[] = [];
    for (const part of [corpus.train, corpus.validation, corpus.test]) {
      expect(part.documents.length).toBeGreaterThan(0);
      for (const { name, start, length } of part.documents) {
        names.push(name);
        expect(part.ids[start]).toBe(corpus.tokenizer.documentId);
        expect(part.ids.subarray(start + 1, start + length)).not.toContain(corpus.tokenizer.documentId);
      }
      expect(part.documents.reduce((sum, { length }) => sum + length, 0)).toBe(part.ids.length);
    }
    expect(names.sort()).toEqual(Object.keys(filesOf(12)).sort());
    expect(texts(corpus, corpus.train)[0]).toMatch(/^The author\d+ said, "It's number 0, isn't it\?" The/u);
  });

  it('counts the vocabulary in the training part only', async () => {
    await write(filesOf(12));
    const { tokenizer, validation, train, report } = await prepare();
    const authorOf = (part: CorpusPart): string => `author${/\d+/u.exec(part.documents[0]?.name ?? '')?.[0]}`;
    expect(tokenizer.idOf(authorOf(validation))).toBeUndefined();
    expect(tokenizer.idOf(authorOf(train))).toBeDefined();
    expect(report.train.coverage).toBe(1);
    expect(report.validation.unknownTokens).toBe(20 * validation.documents.length);
    expect(report.validation.coverage).toBeCloseTo(1 - report.validation.unknownTokens / report.validation.tokens);
  });

  it('gives the same ids and the same hash for the same files and options, and another hash for others', async () => {
    await write(filesOf(6));
    const first = await prepare();
    expect(await prepare()).toEqual(first);
    const others = [
      await prepare({ seed: 2 }),
      await prepare({ tokenization: 'words' }),
      await prepare({ maxVocabularySize: 50 }),
    ];
    await write({ 'book0.txt': textOf('somebody else') });
    others.push(await prepare());
    expect(new Set([first, ...others].map(({ dataSha256 }) => dataSha256)).size).toBe(5);
  });

  it('drops documents of the same text, so that none is held out of another part, and names both', async () => {
    const files = filesOf(6);
    await write({ ...files, 'copy/again.txt': `\r\n${files['book3.txt']?.replaceAll('\n', '\r\n') ?? ''}\r\n\r\n` });
    const corpus = await prepare();
    expect(corpus.report.documents).toBe(6);
    const [finding] = corpus.report.findings.filter(({ code }) => code === 'duplicate_dropped');
    expect(finding?.message).toMatch(/copy\/again\.txt|book3\.txt/u);
    expect(finding?.message).toContain('book3.txt');
  });

  it('reads folders below, in order, and neither hidden entries, other files nor links in a circle', async () => {
    await write({
      'b/two.md': textOf('two'),
      'a.txt': textOf('one'),
      '.hidden/x.txt': textOf('x'),
      'c/.y.txt': textOf('y'),
      'z.json': '{}',
      'c/three.TXT': textOf('three'),
    });
    await symlink(folder, join(folder, 'b', 'circle'));
    await symlink(join(folder, 'a.txt'), join(folder, 'link.txt'));
    await symlink(join(folder, 'nowhere'), join(folder, 'dead.txt'));
    const { train } = await prepare({ validationFraction: 0, testFraction: 0 });
    expect(train.documents.map(({ name }) => name)).toEqual(['a.txt', 'b/two.md', 'c/three.TXT']);
  });

  it('reads a file that is named, whatever its extension', async () => {
    await write({ 'upload-without-extension': textOf('someone') });
    const corpus = await prepare({ paths: [join(folder, 'upload-without-extension')] });
    expect(corpus.report.documents).toBe(1);
  });

  it('holds out the end of the document when there is only one, and says so', async () => {
    await write({ 'one.txt': textOf('someone', 100) });
    const corpus = await prepare({ validationFraction: 0.1, testFraction: 0.1 });
    expect(codes(corpus)).toContain('held_out_shares_document');
    expect(corpus.report.validation.tokens / corpus.report.train.tokens).toBeCloseTo(1 / 8, 1);
    expect(corpus.test.ids[0]).toBe(corpus.tokenizer.documentId);
  });

  it('reports what it changed or left out, with the name of the document', async () => {
    await write({
      ...filesOf(3),
      'binary.txt': Buffer.from([1, 2, 0, 3]),
      'empty.md': '',
      'french.txt': Buffer.from(textOf('café'), 'latin1'),
      'gutenberg.txt': `Header\n*** START OF THE PROJECT GUTENBERG EBOOK X ***\n${textOf('writer')}\n*** END OF THE PROJECT GUTENBERG EBOOK X ***\nLicence`,
    });
    const corpus = await prepare();
    expect(codes(corpus, 'binary.txt')).toEqual(['not_text']);
    expect(codes(corpus, 'empty.md')).toEqual(['no_words']);
    expect(codes(corpus, 'french.txt')).toEqual(['encoding_converted']);
    expect(codes(corpus, 'gutenberg.txt')).toEqual(['boilerplate_removed']);
    expect(corpus.report).toMatchObject({ files: 7, documents: 5 });
  });

  it('leaves out a file that disappears while it reads', async () => {
    await write(filesOf(4));
    let removal: Promise<void> | undefined;
    const corpus = await prepare({
      onProgress: () => {
        removal ??= rm(join(folder, 'book3.txt'));
      },
    });
    await removal;
    expect(codes(corpus, 'book3.txt')).toEqual(['unreadable']);
    expect(corpus.report.documents).toBe(3);
  });

  it('takes each line of a text with whole paragraphs in lines for a paragraph', async () => {
    await write({ 'lines.txt': `${'this is one of ten words '.repeat(10)}\n`.repeat(10) });
    const { tokenizer, train } = await prepare({ validationFraction: 0, testFraction: 0 });
    expect([...train.ids].filter((id) => tokenizer.tokenText(id) === '<p>')).toHaveLength(9);
  });

  it('takes the prose of Markdown', async () => {
    await write({ 'page.md': `# Title\n\n${textOf('writer')}\n\n\`\`\`\nhidden hidden\n\`\`\`\n` });
    const { tokenizer } = await prepare();
    expect(tokenizer.idOf('hidden')).toBeUndefined();
    expect(tokenizer.idOf('writer')).toBeDefined();
  });

  it('trains on no more tokens than it is allowed', async () => {
    await write(filesOf(20));
    const { report } = await prepare({ maxTokens: 500, validationFraction: 0.1, testFraction: 0.1 });
    expect(report.train.tokens).toBe(500);
    expect(report.validation.tokens).toBeLessThanOrEqual(63);
  });

  it('says how far it has come, up to the last byte', async () => {
    await write(filesOf(3));
    const seen: number[] = [];
    const { report } = await prepare({ onProgress: ({ bytesRead }) => seen.push(bytesRead) });
    expect(seen.at(-1)).toBe(report.sizeBytes);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  it('stops when it is cancelled', async () => {
    await write(filesOf(3));
    const controller = new AbortController();
    await failure(
      prepare({
        signal: controller.signal,
        onProgress: () => {
          controller.abort();
        },
      }),
      'cancelled',
    );
  });

  it('says what it found instead of text', async () => {
    await write({ 'a.pdf': 'x', 'b.json': '{}' });
    expect(await failure(prepare(), 'corpus_empty')).toMatch(/a\.pdf, b\.json/u);
    expect(await failure(prepare({ paths: [join(folder, 'nowhere')] }), 'corpus_unreadable')).toContain('nowhere');
    await write({ 'empty.txt': ' \n' });
    expect(await failure(prepare(), 'corpus_empty')).toContain('empty.txt');
    await write({ 'binary.txt': Buffer.from([0, 1, 2]) });
    expect(await failure(prepare(), 'corpus_not_text')).toContain('binary.txt');
    await write({ 'words.txt': 'twenty words are not enough to train on' });
    expect(await failure(prepare({ minimumTokens: 1_000 }), 'corpus_too_small')).toMatch(/8 tokens.*1000/u);
  });

  it('refuses a text of three words', async () => {
    await write({ 'three.txt': 'one two three. '.repeat(500) });
    expect(await failure(prepare({ tokenization: 'words' }), 'vocabulary_too_small')).toMatch(
      /has 3 words.*at least 5/u,
    );
    await write({ 'other.txt': proseWithoutRepeats() });
    await failure(prepare({ paths: [join(folder, 'other.txt')] }), 'vocabulary_too_small');
  });

  it('refuses a vocabulary that no id can hold', async () => {
    await write(filesOf(3));
    await failure(prepare({ maxVocabularySize: 70_000 }), 'invalid_value');
  });
});
