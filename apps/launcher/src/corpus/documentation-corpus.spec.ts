import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readDocumentationCorpus } from './documentation-corpus.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'understudy-packages-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('the demonstration corpus', () => {
  it('reads documentation in the order of the paths, without licences, change logs and short files', async () => {
    await write('b/README.md', prose('second'));
    await write('a/docs/guide.md', prose('first'));
    await write('a/LICENSE.md', prose('licence'));
    await write('a/CHANGELOG.md', prose('change'));
    await write('c/README.md', 'Only a few words are in this file here.');
    expect(await readNames()).toEqual(['a/docs/guide.md.txt', 'b/README.md.txt']);
  });

  it('takes a paragraph that several packages share once', async () => {
    await write('a/README.md', prose('same'));
    await write('b/README.md', prose('same'));
    expect(await readNames()).toEqual(['a/README.md.txt']);
  });
});

async function write(path: string, text: string): Promise<void> {
  await mkdir(join(folder, path, '..'), { recursive: true });
  await writeFile(join(folder, path), text);
}

function prose(word: string): string {
  const numbers = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'];
  return numbers.map((number) => `This is paragraph ${number} about the ${word} thing in the package.`).join('\n\n');
}

async function readNames(): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of readDocumentationCorpus(folder)) names.push(name);
  return names;
}
