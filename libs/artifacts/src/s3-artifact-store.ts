import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { CodedError, isCodedError } from '#errors';
import { assertSha256, artifactCorrupt } from './artifact-errors.js';
import {
  ArtifactStore,
  type NeededArtifacts,
  type RemovalLimits,
  type RemovedArtifacts,
  type StoredArtifact,
} from './artifact-store.js';
import { BundleCache } from './bundle-cache.js';
import { bundleFileCorrupt, bundleFileMissing } from './bundle-folder.js';
import { MANIFEST_NAME, parseManifest } from './bundle-manifest.js';
import { IncomingFiles } from './incoming-files.js';
import { S3Objects, type S3Location } from './s3-objects.js';
import { removeUnusedObjects } from './s3-unused-objects.js';
import { storeBundle } from './stored-bundle.js';
import { verifiedChunks } from './verified-chunks.js';

/** How often a bundle is stored again of which a file was removed meanwhile. */
const STORING_ATTEMPTS = 3;

/** An artifact store in an S3-compatible bucket, with a cache of bundles on this machine's disk. */
export class S3ArtifactStore extends ArtifactStore {
  readonly #objects: S3Objects;
  readonly #incoming: IncomingFiles;
  readonly #cache: BundleCache;

  /**
   * @param cacheFolder where streams wait for their hash, and bundles are kept for the next time
   * @param cacheBytes what those bundles may take together
   */
  constructor(location: S3Location, cacheFolder: string, cacheBytes: number) {
    super();
    const root = resolve(cacheFolder);
    this.#objects = new S3Objects(location);
    this.#incoming = new IncomingFiles(root);
    this.#cache = new BundleCache(root, cacheBytes, this.#incoming);
  }

  /** The stream goes to the disk first: only its end tells the name, and only from there can a piece be sent again. */
  override async putStream(
    source: AsyncIterable<Uint8Array>,
    options: { readonly maxBytes?: number } = {},
  ): Promise<StoredArtifact> {
    const { path, ...stored } = await this.#incoming.receive(source, options.maxBytes);
    try {
      await this.#objects.put(stored.sha256, path, stored.sizeBytes);
      return stored;
    } finally {
      await rm(path, { force: true });
    }
  }

  override putFile(path: string): Promise<StoredArtifact> {
    return this.putStream(createReadStream(path, { highWaterMark: 1024 * 1024 }));
  }

  override async openRead(sha256: string): Promise<Readable> {
    assertSha256(sha256);
    return Readable.from(verifiedChunks(sha256, await this.#objects.read(sha256)), { objectMode: false });
  }

  override async verify(sha256: string): Promise<void> {
    assertSha256(sha256);
    const found = await this.#measure(sha256);
    if (found.sha256 !== sha256) throw artifactCorrupt(sha256, found.sha256);
  }

  override async putBundle(folder: string): Promise<{ readonly bundleSha256: string; readonly sizeBytes: number }> {
    const source = resolve(folder);
    for (let attempt = 1; ; attempt++) {
      const stored = await storeBundle(this, source);
      const files = parseManifest(await readFile(join(source, MANIFEST_NAME), 'utf8'));
      const hashes = [stored.bundleSha256, ...files.map(({ sha256 }) => sha256)];
      const found = await Promise.all([...new Set(hashes)].map((sha256) => this.#objects.find(sha256)));
      if (!found.includes(null)) return stored;
      if (attempt === STORING_ATTEMPTS) {
        throw new CodedError(
          'artifact_store_unavailable',
          `The artifact store, ${this.#objects.place}, lost a file of a bundle ${attempt} times while it was stored. Does something else remove objects there?`,
          { retryAfterMs: 2_000 },
        );
      }
    }
  }

  override async openBundle(bundleSha256: string): Promise<string> {
    assertSha256(bundleSha256);
    return await this.#cache.open(bundleSha256, (sha256) => this.#objects.read(sha256));
  }

  override async verifyBundle(bundleSha256: string): Promise<void> {
    assertSha256(bundleSha256);
    try {
      await this.#verifyStored(bundleSha256);
    } catch (error) {
      if (!isCodedError(error, 'artifact_store_unavailable')) throw error;
      // Rolling back must not wait for the store: what it would give us lies here.
      if ((await this.#cache.find(bundleSha256)) === null) throw error;
    }
  }

  override removeUnused(needed: () => Promise<NeededArtifacts>, limits: RemovalLimits): Promise<RemovedArtifacts> {
    return removeUnusedObjects(this.#objects, needed, limits);
  }

  override close(): void {
    this.#objects.close();
  }

  async #verifyStored(bundleSha256: string): Promise<void> {
    const measure = (name: string, sha256: string): Promise<StoredArtifact> =>
      this.#measure(sha256).catch((error: unknown) => {
        throw isCodedError(error, 'artifact_missing') ? bundleFileMissing(name, error) : error;
      });
    const manifest = await measure(MANIFEST_NAME, bundleSha256);
    const expected = { sha256: bundleSha256, sizeBytes: manifest.sizeBytes };
    if (manifest.sha256 !== bundleSha256) throw bundleFileCorrupt(MANIFEST_NAME, expected, manifest);
    const chunks: Buffer[] = [];
    for await (const chunk of await this.#objects.read(bundleSha256)) chunks.push(chunk);
    for (const file of parseManifest(Buffer.concat(chunks).toString())) {
      const found = await measure(file.path, file.sha256);
      if (found.sha256 !== file.sha256 || found.sizeBytes !== file.sizeBytes)
        throw bundleFileCorrupt(file.path, file, found);
    }
  }

  async #measure(sha256: string): Promise<StoredArtifact> {
    const hash = createHash('sha256');
    let sizeBytes = 0;
    for await (const chunk of await this.#objects.read(sha256)) {
      hash.update(chunk);
      sizeBytes += chunk.length;
    }
    return { sha256: hash.digest('hex'), sizeBytes };
  }
}
