import type { Config } from '#config';
import { CodedError } from '#errors';

/** How much an archive may unpack to. */
export interface ArchiveLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
  /** Unpacked bytes for each byte of the archive. */
  readonly maxRatio: number;
}

export function archiveLimits({ archiveMaxEntries, archiveMaxBytes, archiveMaxRatio }: Config): ArchiveLimits {
  return { maxEntries: archiveMaxEntries, maxBytes: archiveMaxBytes, maxRatio: archiveMaxRatio };
}

/** Unpacked bytes at which the ratio does not matter yet. */
const FREE_BYTES = 1024 * 1024;

/** Counts what comes out of an archive and ends it where it is more than is allowed, whatever the archive says about itself. */
export class UnpackBudget {
  #entries = 0;
  #packed = 0;
  #unpacked = 0;

  constructor(private readonly limits: ArchiveLimits) {}

  /** Bytes of the archive that were read. */
  addPacked(bytes: number): void {
    this.#packed += bytes;
  }

  /** @throws archive_too_large */
  addEntry(): void {
    const { maxEntries } = this.limits;
    if (++this.#entries > maxEntries)
      throw tooLarge(
        `has more than ${maxEntries} entries (ARCHIVE_MAX_ENTRIES)`,
        'Put several texts into one .jsonl file',
      );
  }

  /** @throws archive_too_large */
  addUnpacked(bytes: number): void {
    this.#unpacked += bytes;
    const { maxBytes, maxRatio } = this.limits;
    if (this.#unpacked > maxBytes)
      throw tooLarge(`unpacks to more than ${maxBytes} bytes (ARCHIVE_MAX_BYTES)`, 'Split it into several');
    if (this.#unpacked > Math.max(FREE_BYTES, this.#packed * maxRatio))
      throw tooLarge(
        `unpacks to more than ${maxRatio} times its size (ARCHIVE_MAX_RATIO)`,
        'Upload the texts themselves',
      );
  }
}

function tooLarge(what: string, advice: string): CodedError {
  return new CodedError('archive_too_large', `The archive ${what}. ${advice}, or raise the limit.`, { param: 'file' });
}
