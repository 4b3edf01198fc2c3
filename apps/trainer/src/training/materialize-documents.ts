import { createWriteStream } from 'node:fs';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import { CodedError } from '#errors';
import { tarEntries, zipEntries, type ArchiveEntry } from '../files/archive-entries.js';
import type { CorpusFormat } from '../files/corpus-format.js';
import { JsonlDocuments } from '../files/jsonl-documents.js';
import type { ArchiveLimits } from '../files/unpack-budget.js';

/** Longest part of a document's own name that is kept, in characters; the whole file name stays far under 255 bytes. */
const MAX_NAME_LENGTH = 80;

/** Files per folder, so that a corpus of a million documents does not become one folder of a million entries. */
const FILES_PER_FOLDER = 1000;

/** A stored corpus. */
export interface StoredCorpus {
  readonly filename: string;
  readonly format: CorpusFormat;
  readonly bytes: Readable;
  /** For an archive. */
  readonly limits: ArchiveLimits;
}

/**
 * Writes an uploaded corpus as files that a corpus reader takes, one file per document, under `folder`.
 *
 * A document never decides where it is written: names come from its number, and what is kept of its own name has only
 * letters, digits, `.`, `_` and `-`.
 *
 * @returns how many documents were written.
 * @throws corpus_not_text, corpus_empty, archive_invalid, archive_too_large
 */
export async function materializeDocuments(corpus: StoredCorpus, folder: string): Promise<number> {
  await mkdir(folder, { recursive: true });
  const { filename, format, bytes, limits } = corpus;
  const documents = new DocumentFolder(folder);
  switch (format) {
    case 'text':
      await pipeline(bytes, createWriteStream(join(folder, documentFileName(1, filename))));
      return 1;
    case 'jsonl':
      await documents.writeLines(bytes);
      return documents.count;
    case 'tar.gz':
      await writeEntries(tarEntries(bytes, limits), documents);
      return documents.count;
    case 'zip': {
      const path = `${folder}.zip`;
      await pipeline(bytes, createWriteStream(path));
      await writeEntries(zipEntries(path, (await stat(path)).size, limits), documents);
      await rm(path);
      return documents.count;
    }
  }
}

async function writeEntries(entries: AsyncIterable<ArchiveEntry>, documents: DocumentFolder): Promise<void> {
  for await (const { name, format, content } of entries) {
    if (format === 'jsonl') await documents.writeLines(content, name);
    else await pipeline(content, createWriteStream(await documents.next(name)));
  }
  if (documents.count > 0) return;
  throw new CodedError(
    'corpus_empty',
    'The archive has no .txt, .md or .jsonl file in it. Put texts with these endings there; archives inside of it are not unpacked.',
    { param: 'file' },
  );
}

/** Numbered documents in folders of a thousand. */
class DocumentFolder {
  count = 0;

  constructor(private readonly folder: string) {}

  /** Where the next document belongs. */
  async next(name: string | null, number = this.count + 1): Promise<string> {
    const shard = join(this.folder, String(Math.floor(this.count / FILES_PER_FOLDER)).padStart(5, '0'));
    if (this.count % FILES_PER_FOLDER === 0) await mkdir(shard, { recursive: true });
    this.count += 1;
    return join(shard, documentFileName(number, name));
  }

  /**
   * Writes a document for each line, numbered by it unless the file is one of several.
   *
   * @param source the file's name in its archive
   * @throws corpus_not_text
   */
  async writeLines(bytes: AsyncIterable<Uint8Array>, source: string | null = null): Promise<void> {
    const lines = new JsonlDocuments();
    const decoder = new TextDecoder('utf-8', { fatal: true });
    const write = async (parsed: ReturnType<JsonlDocuments['push']>): Promise<void> => {
      for (const { line, name, text } of parsed)
        await writeFile(await this.next(name, source === null ? line : undefined), text);
    };
    const decode = (chunk?: Uint8Array): string => {
      try {
        return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
      } catch (cause) {
        throw new CodedError(
          'corpus_not_text',
          `${source ?? 'The file'} is not valid UTF-8. Convert it and upload it again.`,
          {
            param: 'file',
            cause,
          },
        );
      }
    };
    for await (const chunk of bytes) await write(lines.push(decode(chunk)));
    await write(lines.push(decode()));
    await write(lines.end());
  }
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
