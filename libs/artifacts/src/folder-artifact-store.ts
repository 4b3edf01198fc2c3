import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { CodedError } from '#errors';
import { isSha256 } from './bundle-manifest.js';
import { hasDiskCode, toDiskError } from './disk-error.js';
import { hashFile } from './file-hash.js';
import { materialiseBundle, storeBundle } from './stored-bundle.js';
import {
  blobPath,
  removeUnused,
  type NeededArtifacts,
  type RemovalLimits,
  type RemovedArtifacts,
} from './unused-artifacts.js';

const UNFINISHED_MAXIMUM_AGE_MS = 86_400_000;

/** Bytes in the store. */
export interface StoredArtifact {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/**
 * Bytes by their SHA-256 in a local folder. Files appear whole or not at all, the same content is stored once, and
 * everything that is read is compared with its hash.
 *
 * Several processes may use one folder.
 */
export class FolderArtifactStore {
  readonly #root: string;
  #cleaned: Promise<void> | undefined;

  /** @param rootFolder made when the first artifact is stored */
  constructor(rootFolder: string) {
    this.#root = resolve(rootFolder);
  }

  /**
   * Stores a stream as it arrives; it is never held in memory.
   *
   * @throws body_too_large beyond `maxBytes`; disk_full; folder_unwritable; what the source throws. Nothing is left behind.
   */
  async putStream(
    source: AsyncIterable<Uint8Array>,
    options: { readonly maxBytes?: number } = {},
  ): Promise<StoredArtifact> {
    // A stream may fail before it is first read from here; without a listener that would end the process. Reading it then throws the same error.
    if (source instanceof Readable) source.on('error', () => undefined);
    let sourceError: unknown;
    async function* watched(): AsyncGenerator<Uint8Array> {
      try {
        yield* source;
      } catch (error) {
        sourceError = error;
        throw error;
      }
    }
    try {
      return await this.#write(watched(), options.maxBytes ?? Number.POSITIVE_INFINITY);
    } catch (error) {
      // An error of the source, such as a file that may not be read, is not one of this folder.
      throw error === sourceError ? error : toDiskError(error, this.#root);
    }
  }

  /** Stores a copy of a file. @throws as {@link putStream} */
  putFile(path: string): Promise<StoredArtifact> {
    return this.putStream(createReadStream(path, { highWaterMark: 1024 * 1024 }));
  }

  /** Where an artifact lies, whether it is there or not. @throws invalid_value when the text is not a SHA-256 */
  path(sha256: string): string {
    if (isSha256(sha256)) return blobPath(this.#root, sha256);
    throw new CodedError(
      'invalid_value',
      `An artifact is named by 64 digits 0-9 and a-f; got ${JSON.stringify(sha256)}.`,
    );
  }

  /**
   * Reads an artifact. The stream fails with artifact_corrupt after the last byte when the bytes do not have their hash.
   *
   * @throws artifact_missing
   */
  async openRead(sha256: string): Promise<Readable> {
    const path = this.path(sha256);
    await stat(path).catch((error: unknown) => {
      throw hasDiskCode(error, 'ENOENT') ? missing(sha256, error) : error;
    });
    return Readable.from(verifiedChunks(sha256, path), { objectMode: false });
  }

  /** Reads an artifact and compares it with its hash. @throws artifact_missing; artifact_corrupt */
  async verify(sha256: string): Promise<void> {
    const found = await hashFile(this.path(sha256)).catch((error: unknown) => {
      throw hasDiskCode(error, 'ENOENT') ? missing(sha256, error) : error;
    });
    if (found.sha256 !== sha256) throw corrupt(sha256, found.sha256);
  }

  /**
   * Stores every file that the `manifest.json` of a folder lists, and the manifest last; its hash is the bundle's name.
   *
   * @throws bundle_corrupt, bundle_missing when the folder is not what its manifest says; disk_full; folder_unwritable
   */
  putBundle(folder: string): Promise<{ readonly bundleSha256: string; readonly sizeBytes: number }> {
    return storeBundle(this, resolve(folder));
  }

  /**
   * Removes what is not needed, within the limits.
   *
   * @param needed asked after the old files have been listed
   * @throws bundle_missing, bundle_corrupt when a needed bundle cannot be read; then nothing is removed
   */
  removeUnused(needed: () => Promise<NeededArtifacts>, limits: RemovalLimits): Promise<RemovedArtifacts> {
    return removeUnused(this.#root, needed, limits);
  }

  /**
   * Makes a bundle's files readable under their names and returns the folder, which belongs to the store: read only.
   * Every file is compared with its hash each time.
   *
   * @throws bundle_missing, bundle_corrupt naming the file; disk_full; folder_unwritable
   */
  openBundle(bundleSha256: string): Promise<string> {
    return materialiseBundle(this, this.#root, bundleSha256);
  }

  async #write(source: AsyncIterable<Uint8Array>, maxBytes: number): Promise<StoredArtifact> {
    const incoming = join(this.#root, 'incoming');
    await mkdir(incoming, { recursive: true });
    await (this.#cleaned ??= removeUnfinished(incoming));
    const unfinished = join(incoming, randomUUID());
    try {
      const stored = await writeHashed(unfinished, source, maxBytes);
      const path = this.path(stored.sha256);
      await mkdir(dirname(path), { recursive: true });
      // Over the same content that may be there already: stored once, and repaired if it was damaged.
      await rename(unfinished, path);
      await syncFolder(dirname(path));
      return stored;
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
  }
}

async function writeHashed(path: string, source: AsyncIterable<Uint8Array>, maxBytes: number): Promise<StoredArtifact> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const file = await open(path, 'wx', 0o444);
  try {
    for await (const chunk of source) {
      sizeBytes += chunk.byteLength;
      if (sizeBytes > maxBytes) {
        throw new CodedError('body_too_large', `The file is larger than the limit of ${maxBytes} bytes; split it.`, {
          param: 'file',
        });
      }
      hash.update(chunk);
      await writeWhole(file, chunk);
    }
    // On the disk before it has its name, or a power failure could leave the name without the bytes.
    await file.sync();
  } finally {
    await file.close();
  }
  return { sha256: hash.digest('hex'), sizeBytes };
}

async function writeWhole(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let offset = 0; offset < chunk.byteLength;) {
    offset += (await file.write(chunk, offset)).bytesWritten;
  }
}

async function* verifiedChunks(sha256: string, path: string): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      yield chunk;
    }
  } catch (error) {
    throw hasDiskCode(error, 'ENOENT') ? missing(sha256, error) : error;
  }
  const found = hash.digest('hex');
  if (found !== sha256) throw corrupt(sha256, found);
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A process that was killed while it wrote leaves its part behind. */
async function removeUnfinished(incoming: string): Promise<void> {
  for (const name of await readdir(incoming)) {
    const path = join(incoming, name);
    const age = Date.now() - ((await stat(path).catch(() => null))?.mtimeMs ?? Number.POSITIVE_INFINITY);
    if (age > UNFINISHED_MAXIMUM_AGE_MS) await rm(path, { recursive: true, force: true });
  }
}

function missing(sha256: string, cause: unknown): CodedError {
  return new CodedError(
    'artifact_missing',
    `The stored file ${sha256} is gone. Restore it from a backup or upload it again.`,
    { cause },
  );
}

function corrupt(expected: string, found: string): CodedError {
  return new CodedError(
    'artifact_corrupt',
    `The stored file ${expected} is damaged (its bytes now have the hash ${found}). Restore it from a backup or upload it again.`,
  );
}
