import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, open, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isCodedError } from '#errors';
import { toDiskError } from './disk-error.js';
import { FolderArtifactStore } from './index.js';

let folder: string;
let store: FolderArtifactStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'understudy-artifacts-'));
  store = new FolderArtifactStore(join(folder, 'store'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function chunks(...parts: readonly string[]): Readable {
  return Readable.from(parts.map((part) => Buffer.from(part)));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function filesBelow(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

async function flipBit(path: string): Promise<void> {
  await chmod(path, 0o644);
  const file = await open(path, 'r+');
  const { buffer: byte } = await file.read(Buffer.alloc(1), 0, 1, 2);
  await file.write(Buffer.from([(byte[0] as number) ^ 1]), 0, 1, 2);
  await file.close();
}

describe('putStream', () => {
  it('names bytes by their hash and gives them back', async () => {
    const stored = await store.putStream(chunks('hello ', '', 'world'));
    expect(stored).toEqual({ sha256: sha256('hello world'), sizeBytes: 11 });
    expect((await buffer(await store.openRead(stored.sha256))).toString()).toBe('hello world');
    expect(await readFile(store.path(stored.sha256), 'utf8')).toBe('hello world');
    await store.verify(stored.sha256);
  });

  it('stores the same content once, also when it comes twice at the same time', async () => {
    await Promise.all(Array.from({ length: 8 }, () => store.putStream(chunks('same'))));
    expect(await filesBelow(join(folder, 'store'))).toEqual([sha256('same')]);
  });

  it('stores nothing and an empty file alike', async () => {
    const { sha256: name, sizeBytes } = await store.putStream(chunks());
    expect([name, sizeBytes]).toEqual([sha256(''), 0]);
    expect((await buffer(await store.openRead(name))).length).toBe(0);
  });

  it('takes exactly the limit and refuses one byte more, leaving nothing', async () => {
    await expect(store.putStream(chunks('12345'), { maxBytes: 5 })).resolves.toMatchObject({ sizeBytes: 5 });
    await rm(store.path(sha256('12345')));
    await expect(store.putStream(chunks('123', '456'), { maxBytes: 5 })).rejects.toMatchObject({
      code: 'body_too_large',
      message: expect.stringContaining('5 bytes') as string,
    });
    expect(await filesBelow(join(folder, 'store'))).toEqual([]);
  });

  it('leaves nothing behind when the source breaks off, and passes its error on unchanged', async () => {
    const broken = Object.assign(new Error('connection lost'), { code: 'EACCES' });
    async function* source(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('half');
      await Promise.reject(broken);
    }
    await expect(store.putStream(source())).rejects.toBe(broken);
    expect(await filesBelow(join(folder, 'store'))).toEqual([]);
  });

  it('survives a stream that fails before it is read', async () => {
    const failing = createReadStream(join(folder, 'nope'));
    await once(failing, 'close').catch(() => undefined);
    await expect(store.putStream(failing)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('repairs damaged content when it is stored again', async () => {
    const { sha256: name } = await store.putStream(chunks('content'));
    await flipBit(store.path(name));
    await store.putStream(chunks('content'));
    await store.verify(name);
  });

  it('removes what a killed process left a day ago, and nothing newer', async () => {
    const incoming = join(folder, 'store/incoming');
    await mkdir(incoming, { recursive: true });
    await writeFile(join(incoming, 'old'), 'half');
    await writeFile(join(incoming, 'new'), 'half');
    const longAgo = new Date(Date.now() - 2 * 86_400_000);
    await utimes(join(incoming, 'old'), longAgo, longAgo);
    await store.putStream(chunks('x'));
    expect(await readdir(incoming)).toEqual(['new']);
  });
});

describe('putFile', () => {
  it('stores a copy', async () => {
    const path = join(folder, 'text');
    await writeFile(path, 'abc');
    const { sha256: name } = await store.putFile(path);
    await writeFile(path, 'changed');
    await store.verify(name);
  });

  it('says that the file is missing rather than blaming the store', async () => {
    const error: unknown = await store.putFile(join(folder, 'nope')).catch((thrown: unknown) => thrown);
    expect(isCodedError(error)).toBe(false);
    expect(error).toMatchObject({ code: 'ENOENT' });
  });
});

describe('reading', () => {
  it('finds a flipped bit and a truncation', async () => {
    const flipped = await store.putStream(chunks('some bytes'));
    await flipBit(store.path(flipped.sha256));
    const truncated = await store.putStream(chunks('other bytes'));
    await chmod(store.path(truncated.sha256), 0o644);
    await truncate(store.path(truncated.sha256), 3);
    for (const { sha256: name } of [flipped, truncated]) {
      await expect(store.verify(name)).rejects.toMatchObject({ code: 'artifact_corrupt' });
      const read = store.openRead(name).then((stream) => buffer(stream));
      await expect(read).rejects.toMatchObject({ code: 'artifact_corrupt' });
    }
  });

  it('says that bytes are gone', async () => {
    await expect(store.openRead(sha256('x'))).rejects.toMatchObject({ code: 'artifact_missing' });
    await expect(store.verify(sha256('x'))).rejects.toMatchObject({ code: 'artifact_missing' });
  });

  it.each(['', '../../etc/passwd', 'a'.repeat(63), 'A'.repeat(64), `${'a'.repeat(64)}/x`])(
    'takes no name but a hash: "%s"',
    (name) => {
      expect(() => store.path(name)).toThrow('named by 64 digits');
    },
  );
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
    await expect(impossible.putStream(chunks('x'))).rejects.toMatchObject({ code: 'folder_unwritable' });
  });
});
