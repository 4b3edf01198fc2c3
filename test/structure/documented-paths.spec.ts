import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listFolders, root } from './source-files.js';

const architecture = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
/** Of a picture that a reader of README has to load. */
const MOST_PICTURE_BYTES = 300_000;
const PNG = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const isMissing = (path: string): boolean => !existsSync(join(root, path));

describe('documented paths', () => {
  it('every file that a data path step of ARCHITECTURE.md names exists', () => {
    const paths = sections(architecture, /data path/i).flatMap(listQuotedPaths);
    expect(paths.length).toBeGreaterThan(10);
    expect(paths.filter(isMissing)).toEqual([]);
  });

  it('ARCHITECTURE.md names every app and library', () => {
    const parts = ['apps', 'libs'].flatMap((folder) => listFolders(folder).map((name) => `${folder}/${name}`));
    expect(parts.filter((part) => !architecture.includes(part))).toEqual([]);
  });

  it("every path of README's annotated tree exists", () => {
    const paths = sections(readme, /tree|layout/i).flatMap(listTreePaths);
    expect(paths.length).toBeGreaterThan(10);
    expect(paths.filter(isMissing)).toEqual([]);
  });

  it(`README's pictures exist as PNG files below ${MOST_PICTURE_BYTES / 1000} kB`, () => {
    const pictures = [...readme.matchAll(/!\[[^\]]*\]\(([^)\s]+)\)|<img[^>]*\ssrc="([^"]+)"/g)].map(
      ([, inMarkdown, inHtml]) => inMarkdown ?? inHtml ?? '',
    );
    expect(pictures.length).toBeGreaterThanOrEqual(3);
    expect(pictures.filter(isMissing)).toEqual([]);
    expect(pictures.filter((path) => statSync(join(root, path)).size >= MOST_PICTURE_BYTES)).toEqual([]);
    expect(pictures.filter((path) => !isPng(path))).toEqual([]);
  });
});

function isPng(path: string): boolean {
  return readFileSync(join(root, path)).subarray(0, PNG.length).equals(PNG);
}

/** The text of the sections whose heading matches, each down to the next heading. */
function sections(markdown: string, heading: RegExp): string[] {
  return markdown.split(/^(?=#+ )/m).filter((section) => heading.test(section.split('\n', 1)[0] ?? ''));
}

/** Paths in backticks: with a slash, under one of our folders, neither a route nor a package. */
function listQuotedPaths(markdown: string): string[] {
  const quoted = [...markdown.matchAll(/`([^`\s]+)`/g)].map((match) => match[1] ?? '');
  return quoted.filter((text) => /^(apps|libs|bench|test|prisma|scripts|docs)\//.test(text)).map(withoutAnchor);
}

/** The first word of each line inside of the fenced blocks: `path   what it is`. */
function listTreePaths(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/^```[^\n]*\n(.*?)^```/gms)].map((match) => match[1] ?? '');
  const words = blocks.flatMap((block) => block.split('\n')).map((line) => /^(\S+)(\s{2,}|$)/.exec(line)?.[1] ?? '');
  return words.filter((word) => word !== '');
}

const withoutAnchor = (path: string): string => path.replace(/[#:].*$/, '');
