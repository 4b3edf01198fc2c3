import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import type { CorpusFormat } from '../files/corpus-format.js';
import { JsonlDocuments } from '../files/jsonl-documents.js';

/** Longest part of a document's own name that is kept, in characters; the whole file name stays far under 255 bytes. */
const MAX_NAME_LENGTH = 80;

/** Files per folder, so that a corpus of a million documents does not become one folder of a million entries. */
const FILES_PER_FOLDER = 1000;

/**
 * Writes an uploaded corpus as files that a corpus reader takes, one file per document, under `folder`.
 *
 * A document never decides where it is written: names come from its number, and what is kept of its own name has only
 * letters, digits, `.`, `_` and `-`.
 *
 * @returns how many documents were written.
 * @throws corpus_not_text
 */
export async function materializeDocuments(
  corpus: { readonly filename: string; readonly format: CorpusFormat; readonly bytes: Readable },
  folder: string,
): Promise<number> {
  await mkdir(folder, { recursive: true });
  if (corpus.format === 'text') {
    await pipeline(corpus.bytes, createWriteStream(join(folder, documentFileName(1, corpus.filename))));
    return 1;
  }
  const documents = new JsonlDocuments();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let count = 0;
  const write = async (parsed: ReturnType<JsonlDocuments['push']>): Promise<void> => {
    for (const document of parsed) {
      const shard = join(folder, String(Math.floor(count / FILES_PER_FOLDER)).padStart(5, '0'));
      if (count % FILES_PER_FOLDER === 0) await mkdir(shard, { recursive: true });
      count += 1;
      await writeFile(join(shard, documentFileName(document.line, document.name)), document.text);
    }
  };
  for await (const chunk of corpus.bytes as AsyncIterable<Uint8Array>) {
    await write(documents.push(decoder.decode(chunk, { stream: true })));
  }
  await write(documents.push(decoder.decode()));
  await write(documents.end());
  return count;
}

/**
 * The file name of document `number`: `00000042-a-name.txt`.
 *
 * @param name the document's own name, or null.
 */
export function documentFileName(number: number, name: string | null): string {
  const extension = extname(name ?? '').toLowerCase() === '.md' ? '.md' : '.txt';
  const own = name === null ? '' : basename(name, extname(name));
  const safe = own
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, MAX_NAME_LENGTH);
  return `${String(number).padStart(8, '0')}${safe === '' ? '' : `-${safe}`}${extension}`;
}
