import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { CodedError } from '#errors';
import type { StoredArtifact } from './artifact-store.js';
import { toDiskError } from './disk-error.js';

const UNFINISHED_MAXIMUM_AGE_MS = 86_400_000;

/** A stream that was written to the disk, under a name that nobody else uses. */
export interface ReceivedFile extends StoredArtifact {
  readonly path: string;
}

/** The folder `incoming` of a store: where streams arrive before they have their name. */
export class IncomingFiles {
  readonly #root: string;
  #cleaned: Promise<void> | undefined;

  /** @param root absolute; made when the first stream arrives */
  constructor(root: string) {
    this.#root = root;
  }

  /** A path in it that nobody else uses. */
  newPath(): string {
    return join(this.#root, 'incoming', randomUUID());
  }

  /**
   * Writes a stream as it arrives and hashes it on the way; the caller moves or removes the file.
   *
   * @throws body_too_large beyond `maxBytes`; disk_full; folder_unwritable; what the source throws. Nothing is left behind.
   */
  async receive(source: AsyncIterable<Uint8Array>, maxBytes = Number.POSITIVE_INFINITY): Promise<ReceivedFile> {
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
    const path = this.newPath();
    try {
      await this.#prepare();
      return { path, ...(await writeHashed(path, watched(), maxBytes)) };
    } catch (error) {
      await rm(path, { force: true }).catch(() => undefined);
      // An error of the source, such as a file that may not be read, is not one of this folder.
      throw error === sourceError ? error : toDiskError(error, this.#root);
    }
  }

  async #prepare(): Promise<void> {
    const folder = join(this.#root, 'incoming');
    await mkdir(folder, { recursive: true });
    await (this.#cleaned ??= removeUnfinished(folder));
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

/** A process that was killed while it wrote leaves its part behind. */
async function removeUnfinished(incoming: string): Promise<void> {
  for (const name of await readdir(incoming)) {
    const path = join(incoming, name);
    const age = Date.now() - ((await stat(path).catch(() => null))?.mtimeMs ?? Number.POSITIVE_INFINITY);
    if (age > UNFINISHED_MAXIMUM_AGE_MS) await rm(path, { recursive: true, force: true });
  }
}
