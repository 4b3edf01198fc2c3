import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { CorpusDocument } from './corpus-document.js';
import { readDocumentationCorpus } from './documentation-corpus.js';
import { listCorpusFiles, readFolderCorpus } from './folder-corpus.js';

/** A corpus that can be read, as often as needed. */
export interface CorpusSource {
  readonly isDemonstration: boolean;
  /** For people: what is trained on. */
  readonly description: string;
  documents(): AsyncIterable<CorpusDocument>;
}

/** A corpus that was read once, to check and to measure it. */
export interface MeasuredCorpus {
  readonly source: CorpusSource;
  readonly documents: number;
  readonly words: number;
  /** Holds the hash of what is uploaded: the same texts in the same order have the same name. */
  readonly filename: string;
}

/**
 * The user's texts.
 *
 * @throws corpus_unreadable, corpus_empty
 */
export async function openFolderCorpus(path: string): Promise<CorpusSource> {
  const files = await listCorpusFiles(path);
  return {
    isDemonstration: false,
    description: `${files.length === 1 ? 'one file' : `${files.length} files`} of ${resolve(path)}`,
    documents: () => readFolderCorpus(path, files),
  };
}

/** The demonstration corpus. */
export function openDocumentationCorpus(packagesFolder: string): CorpusSource {
  return {
    isDemonstration: true,
    description: `the prose of the Markdown documentation in ${packagesFolder}`,
    documents: () => readDocumentationCorpus(packagesFolder),
  };
}

/**
 * Reads a corpus once.
 *
 * @throws corpus_unreadable, corpus_empty, corpus_not_text
 */
export async function measureCorpus(source: CorpusSource, signal: AbortSignal): Promise<MeasuredCorpus> {
  const hash = createHash('sha256');
  const names = new Set<string>();
  let words = 0;
  for await (const document of source.documents()) {
    signal.throwIfAborted();
    hash.update(toLine(document));
    names.add(document.name);
    words += document.text.match(/\S+/g)?.length ?? 0;
  }
  return { source, documents: names.size, words, filename: `corpus-${hash.digest('hex').slice(0, 16)}.jsonl` };
}

/** A document as a line of the .jsonl file that is uploaded. */
export function toLine({ name, text }: CorpusDocument): string {
  return `${JSON.stringify({ name, text })}\n`;
}
