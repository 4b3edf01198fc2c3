import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tarGzOf, zipOf, type PackedEntry } from '../testing/archives.js';
import { documentFileName, materializeDocuments } from './materialize-documents.js';

const LIMITS = { maxEntries: 100, maxBytes: 2_000_000, maxRatio: 20 };

let parent: string;
let folder: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'documents-'));
  folder = join(parent, 'corpus');
});

afterEach(async () => {
  await rm(parent, { recursive: true, force: true });
});

async function filesUnder(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

describe('materializeDocuments', () => {
  it('writes a text file as one document with its extension', async () => {
    const count = await materializeDocuments(
      { filename: 'Notes.MD', format: 'text', limits: LIMITS, bytes: Readable.from([Buffer.from('# A')]) },
      folder,
    );
    expect(count).toBe(1);
    expect(await filesUnder(folder)).toEqual([join(folder, '00000001-Notes.md')]);
    expect(await readFile(join(folder, '00000001-Notes.md'), 'utf8')).toBe('# A');
  });

  it('writes each line of a .jsonl file as a document of its own, with its text unchanged', async () => {
    const texts = ['first\nline', 'zweites Dokument 🪲', 'third'];
    const jsonl = texts.map((text, i) => JSON.stringify({ text, name: `doc ${i}` })).join('\n\n');
    const pieces = [...Buffer.from(jsonl)].map((byte) => Buffer.from([byte]));
    expect(
      await materializeDocuments(
        { filename: 'a.jsonl', format: 'jsonl', limits: LIMITS, bytes: Readable.from(pieces) },
        folder,
      ),
    ).toBe(3);
    const files = await filesUnder(folder);
    expect(await Promise.all(files.map((file) => readFile(file, 'utf8')))).toEqual(texts);
  });

  it('writes nothing outside of its folder, whatever the documents are called', async () => {
    const names = [
      '../../etc/passwd',
      '/etc/shadow',
      '..',
      '.',
      '',
      '.hidden',
      'a/b\\c',
      'C:\\x',
      'x\0y',
      '\n',
      'con',
      '~',
      '-rf',
      'ä'.repeat(500),
      'n'.repeat(5000),
      'same',
      'same',
      '__proto__',
      '%2e%2e%2f',
    ];
    const jsonl = names.map((name) => JSON.stringify({ text: 'text', name })).join('\n');
    await materializeDocuments(
      { filename: '../../../x.jsonl', format: 'jsonl', limits: LIMITS, bytes: Readable.from([Buffer.from(jsonl)]) },
      folder,
    );
    const files = await filesUnder(parent);
    expect(files).toHaveLength(names.length);
    expect(files.filter((file) => !file.startsWith(folder + sep))).toEqual([]);
  });

  it('spreads many documents over folders', async () => {
    const jsonl = Array.from({ length: 1001 }, () => '{"text": "t"}').join('\n');
    await materializeDocuments(
      { filename: 'a.jsonl', format: 'jsonl', limits: LIMITS, bytes: Readable.from([Buffer.from(jsonl)]) },
      folder,
    );
    expect((await readdir(folder)).sort()).toEqual(['00000', '00001']);
    expect(await readdir(join(folder, '00001'))).toEqual(['00001001.txt']);
  });

  describe.each([
    ['zip', zipOf],
    ['tar.gz', tarGzOf],
  ] as const)('of a .%s', (format, pack) => {
    const unpack = async (entries: PackedEntry[] | Buffer, limits = LIMITS): Promise<Record<string, string>> => {
      const bytes = Buffer.isBuffer(entries) ? entries : await pack(entries);
      const corpus = { filename: `corpus.${format}`, format, limits, bytes: Readable.from([bytes]) };
      await materializeDocuments(corpus, folder);
      const files = await filesUnder(folder);
      const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
      return Object.fromEntries(files.map((file, index) => [relative(folder, file), texts[index] ?? '']));
    };

    it('writes each text and each line as a document, and passes over everything else', async () => {
      expect(
        await unpack([
          { name: 'books/', content: '' },
          { name: 'books/one.txt', content: 'first' },
          { name: 'books/deep/two.MD', content: '# second' },
          { name: 'lines.jsonl', content: '{"text": "third", "name": "x"}\n{"text": "fourth"}' },
          { name: 'picture.png', content: 'no text' },
          { name: 'inner.zip', content: 'PK' },
          { name: '.hidden.txt', content: 'hidden' },
          { name: '__MACOSX/one.txt', content: 'resource fork' },
          { name: 'link.txt', content: '', linkTo: '/etc/passwd' },
        ]),
      ).toEqual({
        '00000/00000001-one.txt': 'first',
        '00000/00000002-two.md': '# second',
        '00000/00000003-x.txt': 'third',
        '00000/00000004.txt': 'fourth',
      });
    });

    it.each(['../../escape.txt', '/etc/escape.txt', 'a/../../escape.txt'])(
      'refuses an archive with an entry %s and writes nothing outside of its folder',
      async (name) => {
        await expect(unpack([{ name, content: 'text' }])).rejects.toMatchObject({ code: 'archive_invalid' });
        const outside = (await filesUnder(parent)).filter((file) => !file.startsWith(folder));
        expect(outside).toEqual([]);
      },
    );

    it('stops at more bytes than are allowed, whatever the archive says of itself', async () => {
      const text = 'word '.repeat(1_000_000);
      await expect(unpack([{ name: 'bomb.txt', content: text }])).rejects.toMatchObject({ code: 'archive_too_large' });
      const written = await Promise.all((await filesUnder(folder)).map((file) => stat(file)));
      expect(written.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(LIMITS.maxBytes);
      await rm(folder, { recursive: true });
      const many = [{ name: 'large.txt', content: randomText(400_000) }];
      await expect(unpack(many, { ...LIMITS, maxBytes: 300_000 })).rejects.toMatchObject({
        code: 'archive_too_large',
        message: expect.stringContaining('ARCHIVE_MAX_BYTES') as string,
      });
    });

    it('stops at more entries than are allowed', async () => {
      const entries = Array.from({ length: 101 }, (_, index) => ({ name: `${index}.png`, content: '' }));
      await expect(unpack(entries)).rejects.toMatchObject({
        code: 'archive_too_large',
        message: expect.stringContaining('ARCHIVE_MAX_ENTRIES') as string,
      });
    });

    it('refuses one that is damaged or cut off', async () => {
      const whole = await pack([{ name: 'a.txt', content: randomText(100_000) }]);
      await expect(unpack(whole.subarray(0, whole.byteLength / 2))).rejects.toMatchObject({ code: 'archive_invalid' });
      const damaged = Buffer.from(whole);
      damaged.fill(0x55, 1_000, 3_000);
      await rm(folder, { recursive: true });
      await expect(unpack(damaged)).rejects.toMatchObject({ code: 'archive_invalid' });
    });

    it('refuses one without texts', async () => {
      await expect(unpack([{ name: 'a.png', content: 'x' }])).rejects.toMatchObject({ code: 'corpus_empty' });
    });

    it('names the .jsonl file that is not UTF-8', async () => {
      const content = Buffer.from([0x7b, 0xff, 0xfe, 0x0a]);
      await expect(unpack([{ name: 'bad.jsonl', content }])).rejects.toMatchObject({
        code: 'corpus_not_text',
        message: expect.stringContaining('bad.jsonl') as string,
      });
    });
  });

  it('does not keep a tar header of many megabytes in memory', async () => {
    const header = Buffer.alloc(512);
    header.write('pax', 0);
    header.write('0000644\0', 100);
    header.write('0000000\0', 108);
    header.write('0000000\0', 116);
    header.write(`${(500_000_000).toString(8).padStart(11, '0')}\0`, 124);
    header.write('00000000000\0', 136);
    header.write('        x', 148);
    header.write('ustar\x0000', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    const bytes = Readable.from([gzipSync(Buffer.concat([header, Buffer.alloc(30_000_000, 'x')]))]);
    const limits = { ...LIMITS, maxBytes: 1e9, maxRatio: 1e5 };
    await expect(
      materializeDocuments({ filename: 'a.tgz', format: 'tar.gz', limits, bytes }, folder),
    ).rejects.toMatchObject({ code: 'archive_invalid', message: expect.stringMatching(/header/i) as string });
  });
});

/** Text that does not pack well. */
function randomText(length: number): string {
  return randomBytes(length / 2).toString('hex');
}

describe('documentFileName', () => {
  it('is always one plain name with an extension that the corpus reader takes', () => {
    fc.assert(
      fc.property(fc.nat(10_000_000), fc.option(fc.string({ unit: 'binary', maxLength: 300 })), (number, name) => {
        const file = documentFileName(number, name);
        expect(file).toMatch(/^\d{8,}(-[A-Za-z0-9._-]+)?\.(txt|md)$/);
        expect(dirname(resolve('/work', file))).toBe('/work');
        expect(Buffer.byteLength(file)).toBeLessThan(255);
      }),
    );
  });
});
