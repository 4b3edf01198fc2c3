import { randomUUID } from 'node:crypto';
import { copyFile, link, lstat, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { StoredArtifact } from './artifact-store.js';
import {
  assertContent,
  assertPlainFile,
  assertPlainPath,
  bundleFileCorrupt,
  isWhole,
  replaceFolder,
} from './bundle-folder.js';
import { MANIFEST_NAME, parseManifest, type BundleFile } from './bundle-manifest.js';
import { hasDiskCode, toDiskError } from './disk-error.js';

/** What a bundle needs of the store of its files. */
interface Files {
  putFile(path: string): Promise<StoredArtifact>;
}

/** Where those files lie. */
interface FilePaths {
  path(sha256: string): string;
}

/** Stores a bundle's files and then its manifest. */
export async function storeBundle(
  store: Files,
  folder: string,
): Promise<{ readonly bundleSha256: string; readonly sizeBytes: number }> {
  const manifestPath = join(folder, MANIFEST_NAME);
  await assertPlainFile(manifestPath, MANIFEST_NAME);
  const files = parseManifest(await readFile(manifestPath, 'utf8'));
  let total = 0;
  for (const file of files) {
    await assertPlainPath(folder, file.path);
    const { sha256, sizeBytes } = await store.putFile(join(folder, file.path));
    if (sha256 !== file.sha256 || sizeBytes !== file.sizeBytes)
      throw bundleFileCorrupt(file.path, file, { sha256, sizeBytes });
    total += sizeBytes;
  }
  // Last, so that a bundle that has its manifest is whole.
  const manifest = await store.putFile(manifestPath);
  return { bundleSha256: manifest.sha256, sizeBytes: total + manifest.sizeBytes };
}

/** Gives a bundle's files their names in a folder of the store and returns the folder. */
export async function materialiseBundle(store: FilePaths, root: string, bundleSha256: string): Promise<string> {
  const blob = store.path(bundleSha256);
  const manifestSize = (await lstat(blob).catch(() => null))?.size ?? 0;
  const manifest: BundleFile = { path: MANIFEST_NAME, sha256: bundleSha256, sizeBytes: manifestSize };
  await assertContent(blob, manifest);
  const files = [...parseManifest(await readFile(blob, 'utf8')), manifest];

  const folder = join(root, 'bundles', bundleSha256);
  if (await isWhole(folder, files)) return folder;
  const unfinished = join(root, 'incoming', randomUUID());
  try {
    for (const file of files) {
      const source = store.path(file.sha256);
      await assertContent(source, file);
      await placeFile(source, join(unfinished, file.path));
    }
    await mkdir(dirname(folder), { recursive: true });
    await replaceFolder(unfinished, folder, join(root, 'incoming', randomUUID()));
  } catch (error) {
    throw toDiskError(error, root);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  // Another process may have put its folder there in between: what is returned is what was checked.
  for (const file of files) await assertContent(join(folder, file.path), file);
  return folder;
}

/** A link costs no room; another file system, or one without links, takes a copy. */
async function placeFile(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  await link(source, target).catch(async (error: unknown) => {
    if (!hasDiskCode(error, 'EXDEV', 'EPERM', 'ENOTSUP', 'EMLINK', 'ENOSYS')) throw error;
    await copyFile(source, target);
  });
}
