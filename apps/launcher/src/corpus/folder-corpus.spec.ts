import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CorpusDocument } from './corpus-document.js';
import { measureCorpus, openFolderCorpus } from './corpus-source.js';
import { listCorpusFiles, readFolderCorpus } from './folder-corpus.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'understudy-corpus-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('a folder as a corpus', () => {
  it('holds the .txt and .md files of all levels, in the order of their paths, and nothing else', async () => {
    await mkdir(join(folder, 'a'));
    await writeFile(join(folder, 'b.txt'), 'second');
    await writeFile(join(folder, 'a', 'x.md'), 'first');
    await writeFile(join(folder, 'c.pdf'), 'no text');
    expect(await readAll(folder)).toEqual([
      { name: 'a/x.md', text: 'first' },
      { name: 'b.txt', text: 'second' },
    ]);
  });

  it('may be a single file', async () => {
    const file = join(folder, 'one.text');
    await writeFile(file, 'words');
    expect(await readAll(file)).toEqual([{ name: 'one.text', text: 'words' }]);
  });

  it('gives a long document in parts that together are the document', async () => {
    const text = 'A line of the very long document — it goes on.\n'.repeat(200_000);
    await writeFile(join(folder, 'long.txt'), text);
    const parts = (await readAll(folder)).map((document) => document.text);
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.join('') === text).toBe(true);
    expect(parts.every((part) => part.endsWith('\n'))).toBe(true);
  });

  it.each([
    ['does not exist', 'gone', (path: string) => rm(join(path, 'x'), { force: true }), 'corpus_unreadable'],
    ['has no text file', '.', async (path: string) => await writeFile(join(path, 'a.pdf'), 'x'), 'corpus_empty'],
    ['has only blank files', '.', async (path: string) => await writeFile(join(path, 'a.txt'), ' \n'), 'corpus_empty'],
    [
      'has a file with a NUL byte',
      '.',
      async (path: string) => await writeFile(join(path, 'a.txt'), 'a\0b'),
      'corpus_not_text',
    ],
    [
      'has a file that ends in the middle of a character',
      '.',
      async (path: string) => await writeFile(join(path, 'a.txt'), Buffer.from([0x61, 0xc3])),
      'corpus_not_text',
    ],
  ])('that %s is refused in one line', async (_, path, prepare, code) => {
    await prepare(folder);
    const reading = readAll(join(folder, path));
    await expect(reading).rejects.toMatchObject({ code, message: expect.stringMatching(/^[^\n]+$/) as string });
  });

  it('has the same file name for the same texts and another one for others', async () => {
    const nameOf = async (text: string): Promise<string> => {
      await writeFile(join(folder, 'a.txt'), text);
      return (await measureCorpus(await openFolderCorpus(folder), new AbortController().signal)).filename;
    };
    const name = await nameOf('some words');
    expect(await nameOf('some words')).toBe(name);
    expect(await nameOf('other words')).not.toBe(name);
  });
});

async function readAll(path: string): Promise<CorpusDocument[]> {
  const documents: CorpusDocument[] = [];
  for await (const document of readFolderCorpus(path, await listCorpusFiles(path))) documents.push(document);
  return documents;
}
