import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { FolderArtifactStore } from '#artifacts';

/** Damages or removes the weights of a stored bundle; returns what mends it. */
export async function damageBundle(
  store: FolderArtifactStore,
  bundleSha256: string,
  how: 'flip a bit' | 'delete',
): Promise<() => Promise<void>> {
  const manifest = JSON.parse(await readFile(store.path(bundleSha256), 'utf8')) as {
    files: { sha256: string; path: string }[];
  };
  const weights = manifest.files.find(({ path }) => path === 'model.safetensors') ?? manifest.files[0]!;
  const stored = store.path(weights.sha256);
  const linked = `${await store.openBundle(bundleSha256)}/${weights.path}`;
  const whole = await readFile(stored);
  if (how === 'delete') await Promise.all([rm(stored), rm(linked)]);
  else {
    const damaged = Buffer.from(whole);
    damaged[damaged.length - 1]! ^= 1;
    for (const path of [stored, linked]) {
      // In the place of the old file: who has that mapped into memory would die of a file that is empty for a moment.
      await writeFile(`${path}.damaged`, damaged);
      await rename(`${path}.damaged`, path);
    }
  }
  return async () => {
    await rm(stored, { force: true });
    await writeFile(stored, whole);
  };
}
