import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createGunzip } from 'node:zlib';
import tar from 'tar-stream';
import yauzl from 'yauzl';
import { CodedError, isCodedError } from '#errors';
import { formatOfName } from './corpus-format.js';
import { UnpackBudget, type ArchiveLimits } from './unpack-budget.js';

/** A text in an archive. */
export interface ArchiveEntry {
  /** As the archive has it; never a path to write to. */
  readonly name: string;
  readonly format: 'text' | 'jsonl';
  /** To be read to its end before the next entry. */
  readonly content: AsyncIterable<Uint8Array>;
}

const FILE_TYPE_BITS = 0o170000;
const LINK_TYPE = 0o120000;

/**
 * The .txt, .md and .jsonl files of a .tar.gz, as they come. Links, hidden files and anything else are passed over; archives in the archive stay packed.
 *
 * @throws archive_invalid where it is damaged or a name leaves the folder; archive_too_large
 */
export async function* tarEntries(bytes: Readable, limits: ArchiveLimits): AsyncGenerator<ArchiveEntry> {
  const budget = new UnpackBudget(limits);
  const extract = tar.extract();
  const pumped = pipeline(
    bytes,
    async function* (source: AsyncIterable<Buffer>) {
      for await (const chunk of source) {
        budget.addPacked(chunk.byteLength);
        yield chunk;
      }
    },
    createGunzip(),
    async function* (source: AsyncIterable<Buffer>) {
      for await (const chunk of source) {
        budget.addUnpacked(chunk.byteLength);
        yield chunk;
      }
    },
    extract,
  );
  pumped.catch(() => undefined);
  try {
    for await (const entry of extract) {
      const { name, type } = entry.header;
      budget.addEntry();
      checkName(name);
      const format = type === 'file' || type === 'contiguous-file' ? textFormat(name) : null;
      if (format === null) entry.resume();
      else yield { name, format, content: inOurWords(entry as AsyncIterable<Uint8Array>) };
    }
    await pumped;
  } catch (error) {
    throw readable(error);
  } finally {
    extract.destroy();
    await pumped.catch(() => undefined);
  }
}

/** The same for a .zip, which is read from its end and so has to be a file. */
export async function* zipEntries(
  path: string,
  sizeBytes: number,
  limits: ArchiveLimits,
): AsyncGenerator<ArchiveEntry> {
  const budget = new UnpackBudget(limits);
  budget.addPacked(sizeBytes);
  let zip: yauzl.ZipFile | undefined;
  try {
    // Names that leave the folder are refused by the library.
    zip = await yauzl.openPromise(path, { lazyEntries: true, autoClose: false });
    for await (const entry of zip.eachEntry()) {
      budget.addEntry();
      const isLink = ((entry.externalFileAttributes >>> 16) & FILE_TYPE_BITS) === LINK_TYPE;
      const format = isLink || entry.fileName.endsWith('/') ? null : textFormat(entry.fileName);
      if (format === null) continue;
      const opened = zip;
      const content = inOurWords(checked(() => opened.openReadStreamPromise(entry), entry.crc32, budget));
      yield { name: entry.fileName, format, content };
    }
  } catch (error) {
    throw readable(error);
  } finally {
    zip?.close();
  }
}

/** @param open begins to unpack at once, so it is called when somebody reads: an error that nobody hears ends the process */
async function* checked(
  open: () => Promise<AsyncIterable<Buffer>>,
  expected: number,
  budget: UnpackBudget,
): AsyncGenerator<Uint8Array> {
  let checksum = 0;
  for await (const chunk of await open()) {
    budget.addUnpacked(chunk.byteLength);
    checksum = crc32(chunk, checksum);
    yield chunk;
  }
  if (checksum !== expected) throw invalid('the checksum of an entry is wrong');
}

async function* inOurWords(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* source;
  } catch (error) {
    throw readable(error);
  }
}

function textFormat(name: string): ArchiveEntry['format'] | null {
  const isHidden =
    name.split(/[\\/]/).some((part) => part.startsWith('.') && part !== '.') || name.startsWith('__MACOSX/');
  const format = isHidden ? null : formatOfName(name);
  return format === 'text' || format === 'jsonl' ? format : null;
}

/** Names decide nothing about where a text is written; one that tries to says what the archive is. */
function checkName(name: string): void {
  if (/^([\\/]|[A-Za-z]:)/.test(name) || name.split(/[\\/]/).includes('..'))
    throw invalid(`its entry ${JSON.stringify(name.slice(0, 200))} leaves the folder`);
}

/** Errors of the unpacking libraries in our words; those of the disk stay what they are. */
function readable(error: unknown): unknown {
  if (isCodedError(error) || !(error instanceof Error) || 'syscall' in error) return error;
  return invalid(error.message, error);
}

function invalid(reason: string, cause?: unknown): CodedError {
  return new CodedError(
    'archive_invalid',
    `The archive cannot be unpacked: ${reason}. Pack the texts again as .zip or .tar.gz, without a password, and upload that.`,
    { param: 'file', cause },
  );
}
