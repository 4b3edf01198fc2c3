import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { documentFileName, materializeDocuments } from './materialize-documents.js';

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
      { filename: 'Notes.MD', format: 'text', bytes: Readable.from([Buffer.from('# A')]) },
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
      await materializeDocuments({ filename: 'a.jsonl', format: 'jsonl', bytes: Readable.from(pieces) }, folder),
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
      { filename: '../../../x.jsonl', format: 'jsonl', bytes: Readable.from([Buffer.from(jsonl)]) },
      folder,
    );
    const files = await filesUnder(parent);
    expect(files).toHaveLength(names.length);
    expect(files.filter((file) => !file.startsWith(folder + sep))).toEqual([]);
  });

  it('spreads many documents over folders', async () => {
    const jsonl = Array.from({ length: 1001 }, () => '{"text": "t"}').join('\n');
    await materializeDocuments(
      { filename: 'a.jsonl', format: 'jsonl', bytes: Readable.from([Buffer.from(jsonl)]) },
      folder,
    );
    expect((await readdir(folder)).sort()).toEqual(['00000', '00001']);
    expect(await readdir(join(folder, '00001'))).toEqual(['00001001.txt']);
  });
});

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
