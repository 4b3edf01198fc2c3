import { readFile, readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { CorpusDocument } from './corpus-document.js';
import { extractProse } from './markdown-prose.js';

const NOISE =
  /licen[cs]e|copying|notice|change|history|security|conduct|contributing|third.?party|migrat|upgrad|ecosystem|skill/i;
const LEAST_WORDS = 60;

/**
 * The demonstration corpus: the prose of the Markdown documentation of the installed packages, one document per file, in
 * the order of the paths, so that the same packages give the same corpus. Paragraphs that occurred before are left out.
 * A name ends in .txt, because what is left is no Markdown any more.
 */
export async function* readDocumentationCorpus(packagesFolder: string): AsyncGenerator<CorpusDocument> {
  const seen = new Set<string>();
  for (const path of await listDocumentation(packagesFolder)) {
    const paragraphs = extractProse(await readFile(join(packagesFolder, path), 'utf8')).filter((paragraph) => {
      const isNew = !seen.has(paragraph);
      seen.add(paragraph);
      return isNew;
    });
    const text = paragraphs.join('\n\n');
    if (text.split(/\s+/).length >= LEAST_WORDS) yield { name: `${path}.txt`, text };
  }
}

async function listDocumentation(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /\.(md|markdown)$/i.test(entry.name) && !NOISE.test(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}
