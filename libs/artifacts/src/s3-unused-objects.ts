import { buffer } from 'node:stream/consumers';
import { isCodedError } from '#errors';
import { manifestUnreadable } from './artifact-errors.js';
import type { NeededArtifacts, RemovalLimits, RemovedArtifacts } from './artifact-store.js';
import { parseManifest } from './bundle-manifest.js';
import type { S3Objects, StoredObject } from './s3-objects.js';
import { verifiedChunks } from './verified-chunks.js';

/** Requests under way at once. */
const AT_ONCE = 16;

/**
 * {@link ArtifactStore.removeUnused} for a bucket.
 *
 * The age of an object is by the clock of the store, the limit by ours: they must agree to well within `olderThanMs`. An object is
 * looked at once more just before it is removed. S3 has no way to remove an object only if it was not written since, so one that
 * is stored again within the milliseconds between is lost; who stores a bundle looks for its files again afterwards.
 *
 * @throws bundle_missing, bundle_corrupt
 */
export async function removeUnusedObjects(
  objects: S3Objects,
  needed: () => Promise<NeededArtifacts>,
  { olderThanMs, among }: RemovalLimits,
): Promise<RemovedArtifacts> {
  const isOld = (found: StoredObject | null): found is StoredObject =>
    found !== null && found.writtenAtMs <= Date.now() - olderThanMs;
  const old: string[] = [];
  if (among === undefined) {
    for await (const object of objects.list()) if (isOld(object)) old.push(object.sha256);
  } else {
    for (const sha256 of among) if (isOld(await objects.find(sha256))) old.push(sha256);
  }
  const { bundles, files } = await needed();
  const kept = new Set([...files, ...bundles]);
  await forEach(bundles, async (sha256) => {
    for (const file of await filesOf(objects, sha256)) kept.add(file);
  });
  let artifacts = 0;
  let sizeBytes = 0;
  await forEach(
    old.filter((name) => !kept.has(name)),
    async (sha256) => {
      const found = await objects.find(sha256);
      if (!isOld(found)) return;
      await objects.remove(sha256);
      artifacts += 1;
      sizeBytes += found.sizeBytes;
    },
  );
  return { artifacts, sizeBytes };
}

async function filesOf(objects: S3Objects, bundleSha256: string): Promise<readonly string[]> {
  try {
    const text = await buffer(verifiedChunks(bundleSha256, await objects.read(bundleSha256)));
    return parseManifest(text.toString()).map((file) => file.sha256);
  } catch (error) {
    if (isCodedError(error, 'artifact_missing')) throw manifestUnreadable(bundleSha256, 'gone', objects.place);
    if (isCodedError(error, 'artifact_corrupt')) throw manifestUnreadable(bundleSha256, 'damaged', objects.place);
    throw error;
  }
}

async function forEach<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let start = 0; start < items.length; start += AT_ONCE) {
    await Promise.all(items.slice(start, start + AT_ONCE).map(work));
  }
}
