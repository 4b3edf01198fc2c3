import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { artifactCorrupt, artifactMissing, assertSha256 } from './artifact-errors.js';
import {
  ArtifactStore,
  type NeededArtifacts,
  type RemovalLimits,
  type RemovedArtifacts,
  type StoredArtifact,
} from './artifact-store.js';
import { hasDiskCode, toDiskError } from './disk-error.js';
import { hashFile } from './file-hash.js';
import { IncomingFiles } from './incoming-files.js';
import { materialiseBundle, storeBundle } from './stored-bundle.js';
import { blobPath, removeUnused } from './unused-artifacts.js';
import { verifiedChunks } from './verified-chunks.js';

/** An artifact store in a local folder. */
export class FolderArtifactStore extends ArtifactStore {
  readonly #root: string;
  readonly #incoming: IncomingFiles;

  /** @param rootFolder made when the first artifact is stored */
  constructor(rootFolder: string) {
    super();
    this.#root = resolve(rootFolder);
    this.#incoming = new IncomingFiles(this.#root);
  }

  override async putStream(
    source: AsyncIterable<Uint8Array>,
    options: { readonly maxBytes?: number } = {},
  ): Promise<StoredArtifact> {
    const { path: received, ...stored } = await this.#incoming.receive(source, options.maxBytes);
    try {
      const path = this.path(stored.sha256);
      await mkdir(dirname(path), { recursive: true });
      // Over the same content that may be there already: stored once, and repaired if it was damaged.
      await rename(received, path);
      await syncFolder(dirname(path));
      return stored;
    } catch (error) {
      await rm(received, { force: true });
      throw toDiskError(error, this.#root);
    }
  }

  override putFile(path: string): Promise<StoredArtifact> {
    return this.putStream(createReadStream(path, { highWaterMark: 1024 * 1024 }));
  }

  /** Where an artifact lies, whether it is there or not. @throws invalid_value when the text is not a SHA-256 */
  path(sha256: string): string {
    assertSha256(sha256);
    return blobPath(this.#root, sha256);
  }

  override async openRead(sha256: string): Promise<Readable> {
    const path = this.path(sha256);
    await stat(path).catch((error: unknown) => {
      throw hasDiskCode(error, 'ENOENT') ? artifactMissing(sha256, error) : error;
    });
    return Readable.from(verifiedChunks(sha256, fileChunks(sha256, path)), { objectMode: false });
  }

  override async verify(sha256: string): Promise<void> {
    const found = await hashFile(this.path(sha256)).catch((error: unknown) => {
      throw hasDiskCode(error, 'ENOENT') ? artifactMissing(sha256, error) : error;
    });
    if (found.sha256 !== sha256) throw artifactCorrupt(sha256, found.sha256);
  }

  override putBundle(folder: string): Promise<{ readonly bundleSha256: string; readonly sizeBytes: number }> {
    return storeBundle(this, resolve(folder));
  }

  override openBundle(bundleSha256: string): Promise<string> {
    return materialiseBundle(this, this.#root, bundleSha256);
  }

  override async verifyBundle(bundleSha256: string): Promise<void> {
    await this.openBundle(bundleSha256);
  }

  override removeUnused(needed: () => Promise<NeededArtifacts>, limits: RemovalLimits): Promise<RemovedArtifacts> {
    return removeUnused(this.#root, needed, limits);
  }

  override close(): void {
    // A folder has no connection.
  }
}

async function* fileChunks(sha256: string, path: string): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>;
  } catch (error) {
    throw hasDiskCode(error, 'ENOENT') ? artifactMissing(sha256, error) : error;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
