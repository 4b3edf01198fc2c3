import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isCodedError } from '#errors';
import { STORE_STANDS, guardAgainstLeaks, type StoreStand } from '#testing';
import type { ArtifactStore } from './index.js';

guardAgainstLeaks();

let stand: StoreStand;
let store: ArtifactStore;

function chunks(...parts: readonly string[]): Readable {
  return Readable.from(parts.map((part) => Buffer.from(part)));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

describe.each(STORE_STANDS)('an artifact store %s', (_, open) => {
  beforeEach(async () => {
    stand = await open();
    ({ store } = stand);
  });
  afterEach(() => stand.close());

  it('names bytes by their hash and gives them back', async () => {
    const stored = await store.putStream(chunks('hello ', '', 'world'));
    expect(stored).toEqual({ sha256: sha256('hello world'), sizeBytes: 11 });
    expect((await buffer(await store.openRead(stored.sha256))).toString()).toBe('hello world');
    await store.verify(stored.sha256);
  });

  it('stores the same content once, also when it comes twice at the same time', async () => {
    await Promise.all(Array.from({ length: 8 }, () => store.putStream(chunks('same'))));
    expect(await stand.stored()).toEqual([sha256('same')]);
  });

  it('stores nothing and an empty file alike', async () => {
    const { sha256: name, sizeBytes } = await store.putStream(chunks());
    expect([name, sizeBytes]).toEqual([sha256(''), 0]);
    expect((await buffer(await store.openRead(name))).length).toBe(0);
  });

  it('stores twenty megabytes and gives them back', async () => {
    const bytes = Buffer.alloc(20 * 2 ** 20, 'twenty megabytes of text. ');
    const { sha256: name, sizeBytes } = await store.putStream(
      Readable.from([bytes.subarray(0, 9e6), bytes.subarray(9e6)]),
    );
    expect([name, sizeBytes]).toEqual([createHash('sha256').update(bytes).digest('hex'), bytes.length]);
    expect((await buffer(await store.openRead(name))).equals(bytes)).toBe(true);
  });

  it('takes exactly the limit and refuses one byte more, leaving nothing', async () => {
    await expect(store.putStream(chunks('12345'), { maxBytes: 5 })).resolves.toMatchObject({ sizeBytes: 5 });
    await rm(stand.objectPath(sha256('12345')));
    await expect(store.putStream(chunks('123', '456'), { maxBytes: 5 })).rejects.toMatchObject({
      code: 'body_too_large',
      message: expect.stringContaining('5 bytes') as string,
    });
    expect(await stand.stored()).not.toContain(sha256('123456'));
  });

  it('leaves nothing behind when the source breaks off, and passes its error on unchanged', async () => {
    const broken = Object.assign(new Error('connection lost'), { code: 'EACCES' });
    async function* source(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('half');
      await Promise.reject(broken);
    }
    await expect(store.putStream(source())).rejects.toBe(broken);
    expect(await stand.stored()).toEqual([]);
  });

  it('survives a stream that fails before it is read', async () => {
    const failing = createReadStream(join(stand.folder, 'nope'));
    await once(failing, 'close').catch(() => undefined);
    await expect(store.putStream(failing)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('repairs damaged content when it is stored again', async () => {
    const { sha256: name } = await store.putStream(chunks('content'));
    await stand.damage(name, 'contend');
    await store.putStream(chunks('content'));
    await store.verify(name);
  });

  it('stores a copy of a file', async () => {
    const path = join(stand.folder, 'text');
    await writeFile(path, 'abc');
    const { sha256: name } = await store.putFile(path);
    await writeFile(path, 'changed');
    await store.verify(name);
  });

  it('says that the file is missing rather than blaming the store', async () => {
    const error: unknown = await store.putFile(join(stand.folder, 'nope')).catch((thrown: unknown) => thrown);
    expect(isCodedError(error)).toBe(false);
    expect(error).toMatchObject({ code: 'ENOENT' });
  });

  it('finds a flipped bit and a truncation', async () => {
    const flipped = await store.putStream(chunks('some bytes'));
    await stand.damage(flipped.sha256, 'some bytez');
    const truncated = await store.putStream(chunks('other bytes'));
    await stand.damage(truncated.sha256, 'oth');
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
    async (name) => {
      const refusal = { code: 'invalid_value', message: expect.stringContaining('named by 64 digits') as string };
      await expect(store.openRead(name)).rejects.toMatchObject(refusal);
      await expect(store.verify(name)).rejects.toMatchObject(refusal);
      await expect(store.openBundle(name)).rejects.toMatchObject(refusal);
      await expect(store.verifyBundle(name)).rejects.toMatchObject(refusal);
    },
  );
});
