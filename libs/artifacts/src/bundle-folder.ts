import { lstat, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '#errors';
import type { StoredArtifact } from './artifact-store.js';
import type { BundleFile } from './bundle-manifest.js';
import { hasDiskCode } from './disk-error.js';
import { hashFile } from './file-hash.js';

/** Whether a folder has every one of these files with the content that it should have. */
export async function isWhole(folder: string, files: readonly BundleFile[]): Promise<boolean> {
  try {
    for (const file of files) await assertContent(join(folder, file.path), file);
    return true;
  } catch {
    // Missing or damaged: it is made again from the stored files, which are checked on their own.
    return false;
  }
}

/** Puts a folder in the place of another. @param aside a path in the same file system that nobody uses */
export async function replaceFolder(from: string, to: string, aside: string): Promise<void> {
  await rename(to, aside).catch((error: unknown) => {
    if (!hasDiskCode(error, 'ENOENT')) throw error;
  });
  await rename(from, to).catch((error: unknown) => {
    if (!hasDiskCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
  });
  await rm(aside, { recursive: true, force: true });
}

/** @throws bundle_corrupt when a file is reached through a link; bundle_missing */
export async function assertPlainPath(folder: string, path: string): Promise<void> {
  const parts = path.split('/');
  for (let length = 1; length < parts.length; length++) {
    const part = parts.slice(0, length).join('/');
    const found = await lstat(join(folder, part)).catch(() => null);
    if (found?.isSymbolicLink()) throw linkError(path);
  }
  await assertPlainFile(join(folder, path), path);
}

/** @throws bundle_corrupt when it is no plain file; bundle_missing */
export async function assertPlainFile(path: string, name: string): Promise<void> {
  const found = await lstat(path).catch((error: unknown) => {
    throw bundleFileMissing(name, error);
  });
  if (!found.isFile()) throw linkError(name);
}

/** @throws bundle_corrupt, bundle_missing when a file is not what the manifest says */
export async function assertContent(path: string, file: BundleFile): Promise<void> {
  await assertPlainFile(path, file.path);
  const found = await hashFile(path);
  if (found.sha256 !== file.sha256 || found.sizeBytes !== file.sizeBytes)
    throw bundleFileCorrupt(file.path, file, found);
}

/** The error for a file of a bundle whose bytes are others than its manifest says. */
export function bundleFileCorrupt(name: string, expected: StoredArtifact, found: StoredArtifact): CodedError {
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

/** The error for a file of a bundle that is not there. */
export function bundleFileMissing(name: string, cause: unknown): CodedError {
  return new CodedError(
    'bundle_missing',
    `The file ${name} of the model bundle is missing. Restore it from a backup or train the model again.`,
    { param: name, cause },
  );
}
