import { mkdir, readFile, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isCodedError } from '#errors';
import { bundleFileCorrupt, bundleFileMissing, isWhole, replaceFolder } from './bundle-folder.js';
import { MANIFEST_NAME, isSha256, parseManifest, type BundleFile } from './bundle-manifest.js';
import { hasDiskCode, toDiskError } from './disk-error.js';
import { hashFile } from './file-hash.js';
import type { IncomingFiles } from './incoming-files.js';

/** Who opened a bundle may read from its folder for this long, whatever else is cached meanwhile. */
const KEPT_MS = 3_600_000;

/** Where the bytes of an artifact come from. @throws artifact_missing */
type Source = (sha256: string) => Promise<AsyncIterable<Buffer>>;

/**
 * Bundles on this machine's disk, each in a folder `bundles/HASH`, compared with their hashes whenever they are opened. Beyond the
 * limit the ones that were opened longest ago are removed, but none that was opened within the last hour. Several processes may
 * use one cache.
 */
export class BundleCache {
  readonly #root: string;
  readonly #maxBytes: number;
  readonly #incoming: IncomingFiles;
  /** Downloads under way, so that a bundle is fetched once for all who ask. */
  readonly #fetching = new Map<string, Promise<void>>();

  constructor(root: string, maxBytes: number, incoming: IncomingFiles) {
    this.#root = root;
    this.#maxBytes = maxBytes;
    this.#incoming = incoming;
  }

  /** The folder of a bundle, fetched from the source unless it is here and whole. @throws bundle_missing, bundle_corrupt; disk_full */
  async open(bundleSha256: string, source: Source): Promise<string> {
    const cached = await this.find(bundleSha256);
    if (cached !== null) return cached;
    const fetching = this.#fetching.get(bundleSha256) ?? this.#fetch(bundleSha256, source);
    this.#fetching.set(bundleSha256, fetching);
    try {
      await fetching;
    } finally {
      this.#fetching.delete(bundleSha256);
    }
    return this.#folder(bundleSha256);
  }

  /** The folder of a bundle that is here and whole, else null. */
  async find(bundleSha256: string): Promise<string | null> {
    const folder = this.#folder(bundleSha256);
    const manifest = await this.#manifestOf(folder, bundleSha256);
    if (manifest === null || !(await isWhole(folder, manifest))) return null;
    const now = new Date();
    await utimes(folder, now, now).catch(() => undefined);
    return folder;
  }

  #folder(bundleSha256: string): string {
    return join(this.#root, 'bundles', bundleSha256);
  }

  async #manifestOf(folder: string, bundleSha256: string): Promise<readonly BundleFile[] | null> {
    const path = join(folder, MANIFEST_NAME);
    const found = await hashFile(path).catch(() => null);
    return found?.sha256 === bundleSha256 ? parseManifest(await readFile(path, 'utf8')) : null;
  }

  async #fetch(bundleSha256: string, source: Source): Promise<void> {
    const unfinished = this.#incoming.newPath();
    const folder = this.#folder(bundleSha256);
    try {
      const manifest = join(unfinished, MANIFEST_NAME);
      await this.#fetchFile({ path: MANIFEST_NAME, sha256: bundleSha256, sizeBytes: null }, manifest, source);
      for (const file of parseManifest(await readFile(manifest, 'utf8'))) {
        await this.#fetchFile(file, join(unfinished, file.path), source);
      }
      await mkdir(dirname(folder), { recursive: true });
      await replaceFolder(unfinished, folder, this.#incoming.newPath());
    } catch (error) {
      throw toDiskError(error, this.#root);
    } finally {
      await rm(unfinished, { recursive: true, force: true });
    }
    await this.#evict(bundleSha256);
  }

  async #fetchFile(file: ExpectedFile, target: string, source: Source): Promise<void> {
    const bytes = await source(file.sha256).catch((error: unknown) => {
      throw isCodedError(error, 'artifact_missing') ? bundleFileMissing(file.path, error) : error;
    });
    const { path, sha256, sizeBytes } = await this.#incoming.receive(bytes);
    const expected = { sha256: file.sha256, sizeBytes: file.sizeBytes ?? sizeBytes };
    if (sha256 !== expected.sha256 || sizeBytes !== expected.sizeBytes) {
      await rm(path);
      throw bundleFileCorrupt(file.path, expected, { sha256, sizeBytes });
    }
    await mkdir(dirname(target), { recursive: true });
    await rename(path, target);
  }

  async #evict(justFetched: string): Promise<void> {
    const names = (await readdir(join(this.#root, 'bundles'))).filter(isSha256);
    const bundles = await Promise.all(names.map((name) => measure(this.#folder(name), name)));
    let totalBytes = bundles.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    for (const { name, sizeBytes, openedAtMs } of bundles.sort((a, b) => a.openedAtMs - b.openedAtMs)) {
      if (totalBytes <= this.#maxBytes) return;
      if (name === justFetched || openedAtMs > Date.now() - KEPT_MS) continue;
      const aside = this.#incoming.newPath();
      // Out of the way at once: who looks for it sees it whole or not at all.
      await rename(this.#folder(name), aside).catch((error: unknown) => {
        if (!hasDiskCode(error, 'ENOENT')) throw error;
      });
      await rm(aside, { recursive: true, force: true });
      totalBytes -= sizeBytes;
    }
  }
}

/** Nobody says how long a manifest is; its hash does. */
type ExpectedFile = Omit<BundleFile, 'sizeBytes'> & { readonly sizeBytes: number | null };

async function measure(folder: string, name: string): Promise<{ name: string; sizeBytes: number; openedAtMs: number }> {
  let sizeBytes = 0;
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries.filter((found) => found.isFile())) {
    sizeBytes += (await stat(join(entry.parentPath, entry.name)).catch(() => null))?.size ?? 0;
  }
  // One that another process removed meanwhile takes no room and is nobody's.
  return { name, sizeBytes, openedAtMs: (await stat(folder).catch(() => null))?.mtimeMs ?? 0 };
}
