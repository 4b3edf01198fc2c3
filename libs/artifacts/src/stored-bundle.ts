import { randomUUID } from 'node:crypto';
import { copyFile, link, lstat, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CodedError } from '#errors';
import { MANIFEST_NAME, parseManifest, type BundleFile } from './bundle-manifest.js';
import { hasDiskCode, toDiskError } from './disk-error.js';
import { hashFile } from './file-hash.js';

/** What a bundle needs of the store of its files. */
interface Files {
  path(sha256: string): string;
  putFile(path: string): Promise<Content>;
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
    if (sha256 !== file.sha256 || sizeBytes !== file.sizeBytes) throw corrupt(file.path, file, { sha256, sizeBytes });
    total += sizeBytes;
  }
  // Last, so that a bundle that has its manifest is whole.
  const manifest = await store.putFile(manifestPath);
  return { bundleSha256: manifest.sha256, sizeBytes: total + manifest.sizeBytes };
}

/** Gives a bundle's files their names in a folder of the store and returns the folder. */
export async function materialiseBundle(store: Files, root: string, bundleSha256: string): Promise<string> {
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
    await replaceFolder(unfinished, folder, root);
  } catch (error) {
    throw toDiskError(error, root);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  // Another process may have put its folder there in between: what is returned is what was checked.
  for (const file of files) await assertContent(join(folder, file.path), file);
  return folder;
}

async function isWhole(folder: string, files: readonly BundleFile[]): Promise<boolean> {
  try {
    for (const file of files) await assertContent(join(folder, file.path), file);
    return true;
  } catch {
    // Missing or damaged: it is made again from the stored files, which are checked on their own.
    return false;
  }
}

/** A link costs no room; another file system, or one without links, takes a copy. */
async function placeFile(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  await link(source, target).catch(async (error: unknown) => {
    if (!hasDiskCode(error, 'EXDEV', 'EPERM', 'ENOTSUP', 'EMLINK', 'ENOSYS')) throw error;
    await copyFile(source, target);
  });
}

async function replaceFolder(from: string, to: string, root: string): Promise<void> {
  const old = join(root, 'incoming', randomUUID());
  await rename(to, old).catch((error: unknown) => {
    if (!hasDiskCode(error, 'ENOENT')) throw error;
  });
  await rename(from, to).catch((error: unknown) => {
    if (!hasDiskCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
  });
  await rm(old, { recursive: true, force: true });
}

async function assertPlainPath(folder: string, path: string): Promise<void> {
  const parts = path.split('/');
  for (let length = 1; length < parts.length; length++) {
    const part = parts.slice(0, length).join('/');
    const found = await lstat(join(folder, part)).catch(() => null);
    if (found?.isSymbolicLink()) throw linkError(path);
  }
  await assertPlainFile(join(folder, path), path);
}

async function assertPlainFile(path: string, name: string): Promise<void> {
  const found = await lstat(path).catch((error: unknown) => {
    throw missing(name, error);
  });
  if (!found.isFile()) throw linkError(name);
}

async function assertContent(path: string, file: BundleFile): Promise<void> {
  await assertPlainFile(path, file.path);
  const found = await hashFile(path);
  if (found.sha256 !== file.sha256 || found.sizeBytes !== file.sizeBytes) throw corrupt(file.path, file, found);
}

interface Content {
  readonly sha256: string;
  readonly sizeBytes: number;
}

function corrupt(name: string, expected: Content, found: Content): CodedError {
  return new CodedError(
    'bundle_corrupt',
    `The file ${name} of the model bundle is damaged: expected ${expected.sizeBytes} bytes with the hash ${expected.sha256}, ` +
      `found ${found.sizeBytes} bytes with ${found.sha256}. Restore it from a backup or train the model again.`,
    { param: name },
  );
}

function linkError(name: string): CodedError {
  return new CodedError(
    'bundle_corrupt',
    `${name} of the model bundle is not a plain file; links and folders are refused.`,
    {
      param: name,
    },
  );
}

function missing(name: string, cause: unknown): CodedError {
  return new CodedError(
    'bundle_missing',
    `The file ${name} of the model bundle is missing. Restore it from a backup or train the model again.`,
    { param: name, cause },
  );
}
