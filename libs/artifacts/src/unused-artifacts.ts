import { randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { manifestUnreadable } from './artifact-errors.js';
import type { NeededArtifacts, RemovalLimits, RemovedArtifacts } from './artifact-store.js';
import { isSha256, parseManifest } from './bundle-manifest.js';
import { hasDiskCode } from './disk-error.js';
import { hashFile } from './file-hash.js';

/**
 * {@link ArtifactStore.removeUnused} for a folder.
 *
 * @throws bundle_missing, bundle_corrupt
 */
export async function removeUnused(
  root: string,
  needed: () => Promise<NeededArtifacts>,
  { olderThanMs, among }: RemovalLimits,
): Promise<RemovedArtifacts> {
  const isOld = async (path: string): Promise<boolean> => {
    const found = await stat(path).catch(() => null);
    return found !== null && found.mtimeMs <= Date.now() - olderThanMs;
  };
  const old: string[] = [];
  for (const sha256 of among ?? (await listBlobs(root))) if (await isOld(blobPath(root, sha256))) old.push(sha256);
  const folders = (await namesIn(join(root, 'bundles'))).filter((name) =>
    among ? among.includes(name) : isSha256(name),
  );
  const { bundles, files } = await needed();
  const kept = new Set([...files, ...(await filesOf(root, bundles))]);

  let artifacts = 0;
  let sizeBytes = 0;
  await mkdir(join(root, 'incoming'), { recursive: true });
  for (const sha256 of old.filter((name) => !kept.has(name))) {
    const removed = await removeOld(root, blobPath(root, sha256), isOld);
    if (removed === null) continue;
    artifacts += 1;
    sizeBytes += removed;
  }
  const keptBundles = new Set(bundles);
  for (const sha256 of folders.filter((name) => !keptBundles.has(name))) {
    const folder = join(root, 'bundles', sha256);
    if (await isOld(folder)) await rm(folder, { recursive: true, force: true });
  }
  return { artifacts, sizeBytes };
}

/** Out of the way first: when it was written again just before, it goes back. Returns its size, `null` when it stays. */
async function removeOld(
  root: string,
  path: string,
  isOld: (path: string) => Promise<boolean>,
): Promise<number | null> {
  const aside = join(root, 'incoming', randomUUID());
  try {
    await rename(path, aside);
  } catch (error) {
    // Somebody else removed it.
    if (hasDiskCode(error, 'ENOENT')) return null;
    throw error;
  }
  if (!(await isOld(aside))) {
    await rename(aside, path);
    return null;
  }
  const { size } = await stat(aside);
  await rm(aside);
  return size;
}

/** Every file of these bundles, their manifests included. */
async function filesOf(root: string, bundles: readonly string[]): Promise<readonly string[]> {
  const files: string[] = [];
  for (const sha256 of bundles) {
    const path = blobPath(root, sha256);
    const found = await hashFile(path).catch(() => null);
    if (found?.sha256 !== sha256) {
      throw manifestUnreadable(sha256, found === null ? 'gone' : 'damaged', root);
    }
    files.push(sha256, ...parseManifest(await readFile(path, 'utf8')).map((file) => file.sha256));
  }
  return files;
}

async function listBlobs(root: string): Promise<readonly string[]> {
  const folders = await namesIn(join(root, 'blobs'));
  const names = await Promise.all(folders.map((folder) => namesIn(join(root, 'blobs', folder))));
  return names.flat().filter(isSha256);
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (hasDiskCode(error, 'ENOENT')) return [];
    throw error;
  });
}

/** Where an artifact lies below the store's folder. */
export function blobPath(root: string, sha256: string): string {
  return join(root, 'blobs', sha256.slice(0, 2), sha256);
}
