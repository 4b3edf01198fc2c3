import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import { CodedError } from '#errors';
import type { CorpusDocument } from './corpus-document.js';

/** A longer document goes up in parts: the trainer takes lines of up to 16 million characters, and memory is finite. */
const PART_LENGTH = 4_000_000;
const TEXT_FILE = /\.(txt|md|markdown)$/i;

/**
 * Lists the .txt and .md files under a folder in the order of their paths, or the one file that is named.
 *
 * @throws corpus_unreadable, corpus_empty
 */
export async function listCorpusFiles(path: string): Promise<string[]> {
  const root = resolve(path);
  const kind = await stat(root).catch((error: unknown) => {
    throw new CodedError(
      'corpus_unreadable',
      `The corpus ${root} does not exist or may not be read. Give a folder of .txt and .md files with --corpus.`,
      {
        cause: error,
      },
    );
  });
  if (kind.isFile()) return [root];
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    throw new CodedError('corpus_unreadable', `The folder ${root} may not be read. Make it and its folders readable.`, {
      cause: error,
    });
  });
  const files = entries
    .filter((entry) => entry.isFile() && TEXT_FILE.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  if (files.length === 0) {
    throw new CodedError(
      'corpus_empty',
      `The folder ${root} has no .txt or .md file in it. Put your texts there, one document per file.`,
    );
  }
  return files.sort();
}

/**
 * Reads the documents of files as a stream.
 *
 * @throws corpus_unreadable, corpus_not_text, corpus_empty
 */
export async function* readFolderCorpus(folder: string, files: readonly string[]): AsyncGenerator<CorpusDocument> {
  let isEmpty = true;
  for (const file of files) {
    const name = relative(resolve(folder), file).split(sep).join('/') || basename(file);
    for await (const text of readParts(file)) {
      if (text.trim() === '') continue;
      isEmpty = false;
      yield { name, text };
    }
  }
  if (isEmpty)
    throw new CodedError(
      'corpus_empty',
      `The files under ${resolve(folder)} have no text in them. Give texts to learn from.`,
    );
}

async function* readParts(file: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  for await (const chunk of readChunks(file)) {
    rest += decodeText(file, chunk, () => decoder.decode(chunk, { stream: true }));
    if (rest.length < PART_LENGTH) continue;
    const end = findBreak(rest);
    yield rest.slice(0, end);
    rest = rest.slice(end);
  }
  yield rest + decodeText(file, Buffer.alloc(0), () => decoder.decode());
}

async function* readChunks(file: string): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(file) as AsyncIterable<Buffer>;
  } catch (error) {
    throw new CodedError(
      'corpus_unreadable',
      `The file ${file} may not be read. Make it readable or move it out of the corpus.`,
      { cause: error },
    );
  }
}

function decodeText(file: string, chunk: Buffer, decode: () => string): string {
  try {
    if (!chunk.includes(0)) return decode();
  } catch {
    // Told below, in the same words as for a NUL byte.
  }
  throw new CodedError(
    'corpus_not_text',
    `The file ${file} is not text in UTF-8. Convert it (iconv -f LATIN1 -t UTF-8) or move it out of the corpus.`,
  );
}

/** After the last paragraph, or line, or at the very end. */
function findBreak(text: string): number {
  for (const mark of ['\n\n', '\n']) {
    const index = text.lastIndexOf(mark);
    if (index > 0) return index + mark.length;
  }
  return text.length;
}
