import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toDiskError } from './disk-error.js';
import { FolderArtifactStore } from './index.js';

let folder: string;
let store: FolderArtifactStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'understudy-artifacts-'));
  store = new FolderArtifactStore(join(folder, 'store'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function bytes(text: string): Readable {
  return Readable.from([Buffer.from(text)]);
}

describe('an artifact store in a folder', () => {
  it('leaves nothing but the bytes', async () => {
    const { sha256 } = await store.putStream(bytes('hello'));
    expect(await readFile(store.path(sha256), 'utf8')).toBe('hello');
    const entries = await readdir(join(folder, 'store'), { recursive: true, withFileTypes: true });
    expect(entries.filter((entry) => entry.isFile()).map(({ name }) => name)).toEqual([sha256]);
  });

  it('removes what a killed process left a day ago, and nothing newer', async () => {
    const incoming = join(folder, 'store/incoming');
    await mkdir(incoming, { recursive: true });
    await writeFile(join(incoming, 'old'), 'half');
    await writeFile(join(incoming, 'new'), 'half');
    const longAgo = new Date(Date.now() - 2 * 86_400_000);
    await utimes(join(incoming, 'old'), longAgo, longAgo);
    await store.putStream(bytes('x'));
    expect(await readdir(incoming)).toEqual(['new']);
  });
});

describe('removing unused artifacts in a folder', () => {
  const unneeded = (bundles: readonly string[] = []) => ({ bundles, files: [] });

  it('leaves files alone that are not artifacts', async () => {
    await store.putStream(bytes('x'));
    await mkdir(join(folder, 'store/blobs/zz'), { recursive: true });
    await writeFile(join(folder, 'store/blobs/zz/README'), 'mine');
    await store.removeUnused(() => Promise.resolve(unneeded()), { olderThanMs: 0 });
    expect(await readdir(join(folder, 'store/blobs/zz'))).toEqual(['README']);
  });

  it('removes the opened folder of a bundle with it, and leaves nothing half-done', async () => {
    const source = join(folder, 'source');
    await mkdir(source);
    const names: string[] = [];
    for (const text of ['one', 'two']) {
      await writeFile(join(source, 'a.txt'), text);
      const sha256 = createHash('sha256').update(text).digest('hex');
      const files = [{ path: 'a.txt', sha256, sizeBytes: 3 }];
      await writeFile(
        join(source, 'manifest.json'),
        JSON.stringify({ format: 'understudy-bundle', version: 1, files }),
      );
      names.push((await store.putBundle(source)).bundleSha256);
    }
    for (const name of names) await store.openBundle(name);
    await store.removeUnused(() => Promise.resolve(unneeded(names.slice(1))), { olderThanMs: 0 });
    expect(await readdir(join(folder, 'store/bundles'))).toEqual(names.slice(1));
    expect(await readdir(join(folder, 'store/incoming'))).toEqual([]);
  });
});

describe('an error of the disk', () => {
  it.each([
    ['ENOSPC', 'disk_full'],
    ['EDQUOT', 'disk_full'],
    ['EACCES', 'folder_unwritable'],
    ['EROFS', 'folder_unwritable'],
  ])('%s becomes %s and names the folder and the setting', (code, expected) => {
    const error = toDiskError(Object.assign(new Error('write'), { code }), '/data/artifacts');
    expect(error).toMatchObject({ code: expected });
    expect((error as Error).message).toMatch(/\/data\/artifacts.*ARTIFACT_DIR/);
  });

  it('of a store below a file is one of the folder', async () => {
    await writeFile(join(folder, 'file'), '');
    const impossible = new FolderArtifactStore(join(folder, 'file/store'));
    await expect(impossible.putStream(bytes('x'))).rejects.toMatchObject({ code: 'folder_unwritable' });
  });
});
