import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STORE_STANDS, guardAgainstLeaks, type StoreStand } from '#testing';
import { FolderArtifactStore, type ArtifactStore } from './index.js';

guardAgainstLeaks();

const CONTENT: Readonly<Record<string, string>> = { 'model.onnx': 'weights', 'tokenizer/vocabulary.json': '["a","b"]' };

let folder: string;
let source: string;
let store: ArtifactStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'understudy-bundle-'));
  source = join(folder, 'source');
  store = new FolderArtifactStore(join(folder, 'store'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function entryOf(path: string, text = CONTENT[path] ?? ''): Record<string, unknown> {
  return { path, sha256: sha256(text), sizeBytes: text.length };
}

async function writeBundle(files = Object.keys(CONTENT).map((path) => entryOf(path)) as unknown): Promise<void> {
  for (const [path, text] of Object.entries(CONTENT)) {
    await mkdir(dirname(join(source, path)), { recursive: true });
    await writeFile(join(source, path), text);
  }
  await writeFile(join(source, 'manifest.json'), JSON.stringify({ format: 'understudy-bundle', version: 1, files }));
}

async function stored(): Promise<string> {
  await writeBundle();
  return (await store.putBundle(source)).bundleSha256;
}

describe.each(STORE_STANDS)('a bundle %s', (_, open) => {
  let stand: StoreStand;

  beforeEach(async () => {
    stand = await open();
    ({ store } = stand);
  });
  afterEach(() => stand.close());

  it('is named by the hash of its manifest and comes back file by file', async () => {
    await writeBundle();
    const manifest = await readFile(join(source, 'manifest.json'), 'utf8');
    const { bundleSha256, sizeBytes } = await store.putBundle(source);
    expect(bundleSha256).toBe(sha256(manifest));
    expect(sizeBytes).toBe('weights'.length + '["a","b"]'.length + manifest.length);
    await rm(source, { recursive: true });
    await store.verifyBundle(bundleSha256);

    const opened = await store.openBundle(bundleSha256);
    for (const [path, text] of Object.entries(CONTENT)) expect(await readFile(join(opened, path), 'utf8')).toBe(text);
    expect(await readFile(join(opened, 'manifest.json'), 'utf8')).toBe(manifest);
  });

  it('is opened into the same folder by many at once, and leaves nothing half-made', async () => {
    const name = await stored();
    const folders = await Promise.all(Array.from({ length: 8 }, () => store.openBundle(name)));
    expect(new Set(folders).size).toBe(1);
    expect(await readdir(join(folders[0] ?? '', '../../incoming'))).toEqual([]);
  });

  it('whose stored file is damaged is refused, naming the file', async () => {
    const name = await stored();
    await stand.damage(sha256('weights'), 'weightz');
    const damaged = {
      code: 'bundle_corrupt',
      param: 'model.onnx',
      message: expect.stringMatching(/model\.onnx .*expected 7 bytes .*Restore/s) as string,
    };
    await expect(store.verifyBundle(name)).rejects.toMatchObject(damaged);
    await expect(store.openBundle(name)).rejects.toMatchObject(damaged);
  });

  it('whose stored file is damaged after it was opened is found by who looks where others read it', async () => {
    const name = await stored();
    await store.openBundle(name);
    await stand.damage(sha256('weights'), 'weightz');
    await expect(store.verifyBundle(name)).rejects.toMatchObject({ code: 'bundle_corrupt', param: 'model.onnx' });
  });

  it('that was opened and damaged since is whole again where it can be, and never served damaged', async () => {
    const name = await stored();
    const opened = await store.openBundle(name);
    await rm(join(opened, 'model.onnx'));
    await writeFile(join(opened, 'model.onnx'), 'weightz');
    expect(await readFile(join(await store.openBundle(name), 'model.onnx'), 'utf8')).toBe('weights');
    await stand.damage(sha256('weights'), 'weightz');
    await rm(join(opened, 'model.onnx'));
    await expect(store.openBundle(name)).rejects.toMatchObject({ code: 'bundle_corrupt', param: 'model.onnx' });
    await store.putBundle(source);
    expect(await readFile(join(await store.openBundle(name), 'model.onnx'), 'utf8')).toBe('weights');
  });

  it('whose stored file is gone is missing, naming the file', async () => {
    const name = await stored();
    await rm(stand.objectPath(sha256('["a","b"]')));
    const missing = { code: 'bundle_missing', param: 'tokenizer/vocabulary.json' };
    await expect(store.verifyBundle(name)).rejects.toMatchObject(missing);
    await expect(store.openBundle(name)).rejects.toMatchObject(missing);
  });

  it('whose manifest is damaged or gone is refused', async () => {
    const name = await stored();
    await stand.damage(name, '{}');
    await expect(store.openBundle(name)).rejects.toMatchObject({ code: 'bundle_corrupt', param: 'manifest.json' });
    await expect(store.verifyBundle(name)).rejects.toMatchObject({ code: 'bundle_corrupt', param: 'manifest.json' });
    await rm(stand.objectPath(name));
    await expect(store.openBundle(name)).rejects.toMatchObject({ code: 'bundle_missing', param: 'manifest.json' });
    await expect(store.verifyBundle(name)).rejects.toMatchObject({ code: 'bundle_missing', param: 'manifest.json' });
  });

  it('is not stored when a file is not what the manifest says', async () => {
    await writeBundle([entryOf('model.onnx', 'other')]);
    await expect(store.putBundle(source)).rejects.toMatchObject({ code: 'bundle_corrupt', param: 'model.onnx' });
    await writeBundle([entryOf('absent.onnx')]);
    await expect(store.putBundle(source)).rejects.toMatchObject({ code: 'bundle_missing', param: 'absent.onnx' });
    await rm(join(source, 'manifest.json'));
    await expect(store.putBundle(source)).rejects.toMatchObject({ code: 'bundle_missing', param: 'manifest.json' });
  });
});

describe('a manifest', () => {
  it.each([
    '../outside',
    '/etc/passwd',
    'a/../../outside',
    'a//b',
    './a',
    'a/.',
    '',
    'C:\\x',
    'a\\..\\b',
    '.hidden',
    'manifest.json',
    'MANIFEST.JSON',
    'a\0b',
    'trailing.',
  ])('that lists the path %j is refused before anything is read', async (path) => {
    await writeBundle([entryOf(path)]);
    await expect(store.putBundle(source)).rejects.toMatchObject({ code: 'bundle_corrupt' });
  });

  it.each([
    ['no files', []],
    ['a file twice', [entryOf('model.onnx'), entryOf('MODEL.onnx')]],
    ['no list', 'model.onnx'],
    ['a file without hash', [{ path: 'model.onnx', sizeBytes: 7 }]],
    ['a negative size', [{ ...entryOf('model.onnx'), sizeBytes: -1 }]],
    ['something else', [null]],
  ])('with %s is refused', async (_, files) => {
    await writeBundle(files);
    await expect(store.putBundle(source)).rejects.toMatchObject({ code: 'bundle_corrupt' });
  });

  it('that is not JSON, or of another format, is refused', async () => {
    await writeBundle();
    for (const text of ['{', '[]', '{"format":"understudy-bundle","version":2,"files":[]}']) {
      await writeFile(join(source, 'manifest.json'), text);
      await expect(store.putBundle(source)).rejects.toMatchObject({ code: 'bundle_corrupt' });
    }
  });

  it('cannot reach out of the folder through a link', async () => {
    await writeBundle([entryOf('linked/secret', 'secret')]);
    await mkdir(join(folder, 'outside'));
    await writeFile(join(folder, 'outside/secret'), 'secret');
    await symlink(join(folder, 'outside'), join(source, 'linked'));
    await expect(store.putBundle(source)).rejects.toMatchObject({ code: 'bundle_corrupt', param: 'linked/secret' });

    await writeBundle([entryOf('link', 'secret')]);
    await symlink(join(folder, 'outside/secret'), join(source, 'link'));
    await expect(store.putBundle(source)).rejects.toMatchObject({ code: 'bundle_corrupt', param: 'link' });
  });
});
