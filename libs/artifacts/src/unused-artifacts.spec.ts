import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FolderArtifactStore } from './index.js';

const HOUR_MS = 3_600_000;

let folder: string;
let store: FolderArtifactStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'understudy-unused-'));
  store = new FolderArtifactStore(join(folder, 'store'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Stores a bundle of files with these contents and returns its hash. */
async function putBundle(...contents: string[]): Promise<string> {
  const source = await mkdtemp(join(folder, 'source-'));
  const files = contents.map((text, index) => ({ path: `${index}.txt`, sha256: sha256(text), sizeBytes: text.length }));
  for (const [index, text] of contents.entries()) await writeFile(join(source, `${index}.txt`), text);
  const manifest = { format: 'understudy-bundle', version: 1, files };
  await writeFile(join(source, 'manifest.json'), JSON.stringify(manifest));
  return (await store.putBundle(source)).bundleSha256;
}

async function putText(text: string): Promise<string> {
  const path = join(folder, 'text');
  await writeFile(path, text);
  return (await store.putFile(path)).sha256;
}

/** Makes everything that is stored now look as if it had been written so long ago. */
async function age(ms: number): Promise<void> {
  const at = new Date(Date.now() - ms);
  for (const entry of await readdir(join(folder, 'store'), { recursive: true, withFileTypes: true })) {
    await utimes(join(entry.parentPath, entry.name), at, at);
  }
}

async function isStored(hash: string): Promise<boolean> {
  return store.verify(hash).then(
    () => true,
    () => false,
  );
}

const needing =
  (bundles: readonly string[], files: readonly string[] = []) =>
  () =>
    Promise.resolve({ bundles, files });

describe('removing unused artifacts', () => {
  it('keeps every file of the bundles that are needed, also those that others list, too', async () => {
    const kept = await putBundle('tokenizer', 'weights a');
    const given = await putBundle('tokenizer', 'weights b');
    const text = await putText('a corpus');
    const orphan = await putText('nobody needs this');
    await store.openBundle(kept);
    await store.openBundle(given);
    await age(2 * HOUR_MS);
    const removed = await store.removeUnused(needing([kept], [text]), { olderThanMs: HOUR_MS });
    expect(removed.artifacts).toBe(3);
    expect(removed.sizeBytes).toBeGreaterThan('weights b'.length + 'nobody needs this'.length);
    for (const hash of [kept, text, sha256('tokenizer'), sha256('weights a')]) expect(await isStored(hash)).toBe(true);
    for (const hash of [given, orphan, sha256('weights b')]) expect(await isStored(hash)).toBe(false);
    await store.openBundle(kept);
    expect(await readdir(join(folder, 'store/bundles'))).toEqual([kept]);
    expect(await readdir(join(folder, 'store/incoming'))).toEqual([]);
    await expect(store.openBundle(given)).rejects.toMatchObject({ code: 'bundle_missing' });
    expect(await store.removeUnused(needing([kept], [text]), { olderThanMs: HOUR_MS })).toEqual({
      artifacts: 0,
      sizeBytes: 0,
    });
  });

  it('keeps what was written lately, because it may be about to be registered', async () => {
    const bundle = await putBundle('weights');
    await store.openBundle(bundle);
    expect(await store.removeUnused(needing([]), { olderThanMs: HOUR_MS })).toEqual({ artifacts: 0, sizeBytes: 0 });
    await store.openBundle(bundle);
  });

  it('keeps what is written again while it looks', async () => {
    const bundle = await putBundle('tokenizer', 'weights');
    await age(2 * HOUR_MS);
    const removed = await store.removeUnused(
      async () => {
        // By now the old files are listed; another run with the same tokenizer stores its bundle.
        await putText('tokenizer');
        return { bundles: [], files: [] };
      },
      { olderThanMs: HOUR_MS },
    );
    expect(removed.artifacts).toBe(2);
    expect(await isStored(sha256('tokenizer'))).toBe(true);
    expect(await isStored(bundle)).toBe(false);
  });

  it.each([
    ['gone', 'bundle_missing', (path: string) => rm(path)],
    ['damaged', 'bundle_corrupt', (path: string) => rm(path).then(() => writeFile(path, '{}'))],
  ])('removes nothing when the manifest of a needed bundle is %s', async (_, code, harm) => {
    const needed = await putBundle('weights of a version');
    const orphan = await putText('nobody needs this');
    await harm(store.path(needed));
    await age(2 * HOUR_MS);
    await expect(store.removeUnused(needing([needed]), { olderThanMs: HOUR_MS })).rejects.toMatchObject({ code });
    expect(await isStored(orphan)).toBe(true);
    expect(await isStored(sha256('weights of a version'))).toBe(true);
  });

  it('looks only among those that it is told to', async () => {
    const [one, other] = [await putText('one'), await putText('other')];
    const card = await putText('# a card');
    const bundle = await putBundle('# a card', 'weights');
    const limits = { olderThanMs: 0, among: [one, card] };
    expect((await store.removeUnused(needing([bundle]), limits)).artifacts).toBe(1);
    expect(await Promise.all([one, other, card].map(isStored))).toEqual([false, true, true]);
    await store.openBundle(bundle);
  });

  it('leaves files alone that are not artifacts', async () => {
    await putText('x');
    await mkdir(join(folder, 'store/blobs/zz'), { recursive: true });
    await writeFile(join(folder, 'store/blobs/zz/README'), 'mine');
    await age(2 * HOUR_MS);
    await store.removeUnused(needing([]), { olderThanMs: HOUR_MS });
    expect(await readdir(join(folder, 'store/blobs/zz'))).toEqual(['README']);
  });

  it('does nothing where nothing was ever stored', async () => {
    expect(await store.removeUnused(needing([]), { olderThanMs: 0 })).toEqual({ artifacts: 0, sizeBytes: 0 });
  });
});
