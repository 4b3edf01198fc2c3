import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STORE_STANDS, guardAgainstLeaks, type StoreStand } from '#testing';
import type { ArtifactStore } from './index.js';

guardAgainstLeaks();

const HOUR_MS = 3_600_000;

let stand: StoreStand;
let store: ArtifactStore;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Stores a bundle of files with these contents and returns its hash. */
async function putBundle(...contents: string[]): Promise<string> {
  const source = await mkdtemp(join(stand.folder, 'source-'));
  const files = contents.map((text, index) => ({ path: `${index}.txt`, sha256: sha256(text), sizeBytes: text.length }));
  for (const [index, text] of contents.entries()) await writeFile(join(source, `${index}.txt`), text);
  const manifest = { format: 'understudy-bundle', version: 1, files };
  await writeFile(join(source, 'manifest.json'), JSON.stringify(manifest));
  return (await store.putBundle(source)).bundleSha256;
}

async function putText(text: string): Promise<string> {
  const path = join(stand.folder, 'text');
  await writeFile(path, text);
  return (await store.putFile(path)).sha256;
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

describe.each(STORE_STANDS)('removing unused artifacts %s', (_, open) => {
  beforeEach(async () => {
    stand = await open();
    ({ store } = stand);
  });
  afterEach(() => stand.close());

  it('keeps every file of the bundles that are needed, also those that others list, too', async () => {
    const kept = await putBundle('tokenizer', 'weights a');
    const given = await putBundle('tokenizer', 'weights b');
    const text = await putText('a corpus');
    const orphan = await putText('nobody needs this');
    await store.openBundle(kept);
    await store.openBundle(given);
    await stand.age(2 * HOUR_MS);
    const removed = await store.removeUnused(needing([kept], [text]), { olderThanMs: HOUR_MS });
    expect(removed.artifacts).toBe(3);
    expect(removed.sizeBytes).toBeGreaterThan('weights b'.length + 'nobody needs this'.length);
    for (const hash of [kept, text, sha256('tokenizer'), sha256('weights a')]) expect(await isStored(hash)).toBe(true);
    for (const hash of [given, orphan, sha256('weights b')]) expect(await isStored(hash)).toBe(false);
    await store.verifyBundle(kept);
    await expect(store.verifyBundle(given)).rejects.toMatchObject({ code: 'bundle_missing' });
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
    await stand.age(2 * HOUR_MS);
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
  ])('removes nothing when the manifest of a needed bundle is %s', async (_how, code, harm) => {
    const needed = await putBundle('weights of a version');
    const orphan = await putText('nobody needs this');
    await harm(stand.objectPath(needed));
    await stand.age(2 * HOUR_MS);
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

  it('does nothing where nothing was ever stored', async () => {
    expect(await store.removeUnused(needing([]), { olderThanMs: 0 })).toEqual({ artifacts: 0, sizeBytes: 0 });
  });
});
