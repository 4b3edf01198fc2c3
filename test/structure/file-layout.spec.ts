import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listSourceFiles, root } from './source-files.js';

const lineLimit = 350;
const kinds = 'module|controller|processor|worker|repository|dto|errors';
const specs = 'spec|integration\\.spec|e2e\\.spec|gpu\\.spec';
const fileName = new RegExp(`^[a-z0-9]+(-[a-z0-9]+)*(\\.(${kinds}))?(\\.(${specs}))?\\.tsx?$`);
const emptyWords = new Set(['common', 'shared', 'core', 'utils', 'helpers', 'misc', 'types']);
const files = listSourceFiles();

describe('file layout', () => {
  it('names files in kebab-case with a suffix from the closed list', () => {
    expect(files.filter((path) => !fileName.test(basename(path)))).toEqual([]);
  });

  it('names no folder with a word that says nothing about what is inside', () => {
    expect(
      files.filter((path) =>
        dirname(path)
          .split('/')
          .some((part) => emptyWords.has(part)),
      ),
    ).toEqual([]);
  });

  it(`keeps every file within ${lineLimit} lines`, () => {
    const countLines = (path: string): number => readFileSync(join(root, path), 'utf8').trimEnd().split('\n').length;
    expect(files.filter((path) => countLines(path) > lineLimit)).toEqual([]);
  });

  it('skips no test and runs none alone', () => {
    const marker = /\b(it|test|describe)\.(skip|only|todo|fails)\b/;
    expect(files.filter((path) => marker.test(readFileSync(join(root, path), 'utf8')))).toEqual([]);
  });

  it('switches no check off', () => {
    const marker = new RegExp(['eslint-' + 'disable', '@ts-' + '(ignore|nocheck|expect-error)'].join('|'));
    expect(files.filter((path) => marker.test(readFileSync(join(root, path), 'utf8')))).toEqual([]);
  });
});
