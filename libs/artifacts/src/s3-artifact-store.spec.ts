import { createHash } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '#config';
import { S3Server, guardAgainstLeaks } from '#testing';
import { artifactSettings, openArtifactStore, type ArtifactStore } from './index.js';

guardAgainstLeaks();

const MEBIBYTE = 2 ** 20;
const UNAVAILABLE = { code: 'artifact_store_unavailable' };

let folder: string;
let server: S3Server;
let store: ArtifactStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'understudy-s3-store-'));
  server = await S3Server.start();
  store = await open({});
});
afterEach(async () => {
  store.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

/** The store, as a machine with a disk of its own has it. */
function open(settings: Readonly<Record<string, string>>, machine = 'artifacts'): Promise<ArtifactStore> {
  const config = loadConfig({ ...server.environment, ARTIFACT_DIR: join(folder, machine), ...settings });
  return openArtifactStore(artifactSettings(config));
}

const sha256 = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');

function put(bytes: string | Buffer): Promise<{ sha256: string }> {
  return store.putStream(Readable.from([Buffer.from(bytes)]));
}

async function read(name: string): Promise<Buffer> {
  return buffer(await store.openRead(name));
}

/** Stores a bundle of one file with this content. */
async function putBundle(content: string | Buffer): Promise<string> {
  const source = join(folder, 'source');
  await mkdir(source, { recursive: true });
  await writeFile(join(source, 'weights'), content);
  const files = [{ path: 'weights', sha256: sha256(content), sizeBytes: content.length }];
  await writeFile(join(source, 'manifest.json'), JSON.stringify({ format: 'understudy-bundle', version: 1, files }));
  return (await store.putBundle(source)).bundleSha256;
}

function refuse(response: ServerResponse, status: number, code: string): true {
  response.req.resume();
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>Not now.</Message></Error>`);
  return true;
}

function requestsOf(method: string, name: string): string[] {
  return server.requests.filter((request) => request.startsWith(`${method} `) && request.includes(name));
}

describe('an object', () => {
  it('is sent with its hash, so that the store can refuse what was damaged on the way', async () => {
    const told: unknown[] = [];
    server.intercept = (request) => {
      told.push(request.headers['x-amz-checksum-sha256']);
      return false;
    };
    const { sha256: name } = await put('content');
    expect(told).toEqual([Buffer.from(name, 'hex').toString('base64')]);
    expect(existsSync(server.objectPath(name))).toBe(true);
  });

  it('that is large is sent in pieces, each with a hash of its own, and a piece that fails is sent again', async () => {
    const bytes = Buffer.alloc(20 * MEBIBYTE, 'abcdefg');
    let failures = 2;
    const hashes: unknown[] = [];
    server.intercept = (request, response) => {
      if (!request.url?.includes('partNumber=')) return false;
      hashes.push(request.headers['x-amz-checksum-sha256']);
      return failures-- > 0 ? refuse(response, 503, 'SlowDown') : false;
    };
    const { sha256: name } = await put(bytes);
    expect(hashes).toHaveLength(5);
    expect(new Set(hashes).size).toBe(3);
    expect((await readFile(server.objectPath(name))).equals(bytes)).toBe(true);
  });

  it('is stored although the store is overloaded at first', async () => {
    let failures = 2;
    server.intercept = (_, response) => failures-- > 0 && refuse(response, 503, 'SlowDown');
    const { sha256: name } = await put('content');
    await store.verify(name);
  });

  it('is read on from where the connection broke', async () => {
    const bytes = Buffer.alloc(3 * MEBIBYTE, 'abcdefghijk');
    const { sha256: name } = await put(bytes);
    const ranges: unknown[] = [];
    server.intercept = (request, response) => {
      ranges.push(request.headers.range);
      if (ranges.length > 2) return false;
      const from = Number(/\d+/.exec(request.headers.range ?? '0')?.[0]);
      response.writeHead(from === 0 ? 200 : 206, { 'content-length': bytes.length - from });
      response.write(bytes.subarray(from, from + MEBIBYTE), () => response.destroy());
      return true;
    };
    expect((await read(name)).equals(bytes)).toBe(true);
    expect(ranges).toHaveLength(3);
    expect(ranges[0]).toBeUndefined();
    for (const range of ranges.slice(1)) expect(range).toMatch(/^bytes=[1-9]\d*-$/);
  });

  it('leaves nothing on this machine but the cache, which is no part of what a folder kept before', async () => {
    await mkdir(join(folder, 'artifacts/blobs'), { recursive: true });
    await put('content');
    await store.openBundle(await putBundle('weights'));
    expect((await readdir(join(folder, 'artifacts'))).sort()).toEqual(['blobs', 'cache']);
    expect(await readdir(join(folder, 'artifacts/blobs'))).toEqual([]);
    expect(await readdir(join(folder, 'artifacts/cache/incoming'))).toEqual([]);
  });
});

describe('a store that does not answer', () => {
  it('is unavailable, says where it should be and not the secret, and works again when it is back', async () => {
    const { sha256: name } = await put('content');
    await server.stop();
    const error: unknown = await read(name).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ ...UNAVAILABLE, retryAfterMs: expect.any(Number) as number });
    expect((error as Error).message).toMatch(
      /the bucket models\/team\/understudy at 127\.0\.0\.1:\d+, cannot be reached/,
    );
    expect((error as Error).message).not.toContain('S3RVER');
    await expect(put('other')).rejects.toMatchObject(UNAVAILABLE);
    await expect(store.verify(name)).rejects.toMatchObject(UNAVAILABLE);
    await expect(putBundle('weights')).rejects.toMatchObject(UNAVAILABLE);
    await expect(store.openBundle(name)).rejects.toMatchObject(UNAVAILABLE);
    await expect(
      store.removeUnused(() => Promise.resolve({ bundles: [], files: [] }), { olderThanMs: 0 }),
    ).rejects.toMatchObject(UNAVAILABLE);
    await server.restart();
    expect((await read(name)).toString()).toBe('content');
  });

  it.each([
    ['a bucket that is not there', { S3_BUCKET: 'other' }, null, /NoSuchBucket/],
    ['a key without the right', {}, 'AccessDenied', /Not now \(AccessDenied, 403\)/],
  ])('because of %s refuses, and names the settings', async (_, settings, code, reason) => {
    const { sha256: name } = await put('content');
    if (code !== null) server.intercept = (_request, response) => refuse(response, 403, code);
    const other = await open(settings);
    const error: unknown = await other.openRead(name).catch((thrown: unknown) => thrown);
    other.close();
    expect(error).toMatchObject({ code: 'artifact_store_refused', param: 'S3_BUCKET' });
    expect((error as Error).message).toMatch(reason);
    expect((error as Error).message).toMatch(/Check S3_BUCKET, S3_ENDPOINT/);
  });
});

describe('a bundle', () => {
  it('that is cached and whole is not fetched again, and is opened while the store is away', async () => {
    const name = await putBundle('weights');
    const opened = await store.openBundle(name);
    server.requests.length = 0;
    expect(await store.openBundle(name)).toBe(opened);
    expect(server.requests).toEqual([]);
    await server.stop();
    expect(await store.openBundle(name)).toBe(opened);
    // Going back to a version must not wait for the store.
    await store.verifyBundle(name);
  });

  it('that is not cached cannot be vouched for while the store is away', async () => {
    const name = await putBundle('weights');
    await server.stop();
    await expect(store.verifyBundle(name)).rejects.toMatchObject(UNAVAILABLE);
    await expect(store.openBundle(name)).rejects.toMatchObject(UNAVAILABLE);
  });

  it('is fetched once for many who ask at the same time', async () => {
    const name = await putBundle('weights');
    server.requests.length = 0;
    await Promise.all(Array.from({ length: 5 }, () => store.openBundle(name)));
    expect(requestsOf('GET', sha256('weights'))).toHaveLength(1);
  });

  it('that was stored by one machine is opened by another', async () => {
    const name = await putBundle('weights');
    const other = await open({}, 'other-machine');
    const opened = await other.openBundle(name);
    other.close();
    expect(opened.startsWith(join(folder, 'other-machine'))).toBe(true);
    expect(await readFile(join(opened, 'weights'), 'utf8')).toBe('weights');
  });

  it('is whole also when a sweep removed one of its files just after it was stored', async () => {
    let removals = 1;
    server.intercept = (request) => {
      if (request.method === 'HEAD' && request.url?.includes(sha256('weights')) && removals-- > 0)
        rmSync(server.objectPath(sha256('weights')));
      return false;
    };
    await store.verifyBundle(await putBundle('weights'));
    expect(requestsOf('PUT', sha256('weights'))).toHaveLength(2);
  });
});

describe('the cache', () => {
  const LIMIT = { ARTIFACT_CACHE_BYTES: String(MEBIBYTE) };

  /** Bundles of 0.4 MiB each: two fit. */
  async function openThree(oldest: readonly number[]): Promise<readonly boolean[]> {
    store.close();
    store = await open(LIMIT);
    const folders: string[] = [];
    for (const [index, letter] of ['a', 'b', 'c'].entries()) {
      const opened = await store.openBundle(await putBundle(Buffer.alloc(0.4 * MEBIBYTE, letter)));
      const longAgo = new Date(Date.now() - 7_200_000 - 1000 * oldest.indexOf(index));
      if (oldest.includes(index)) await utimes(opened, longAgo, longAgo);
      folders.push(opened);
    }
    return folders.map((opened) => existsSync(join(opened, 'weights')));
  }

  it('keeps within its limit by removing what was opened longest ago', async () => {
    expect(await openThree([0, 1])).toEqual([true, false, true]);
  });

  it('removes nothing that was opened within the last hour, because somebody may read it', async () => {
    expect(await openThree([])).toEqual([true, true, true]);
  });

  it('fetches again what was removed, and counts as used what is opened', async () => {
    await openThree([0, 1]);
    const again = await store.openBundle(await putBundle(Buffer.alloc(0.4 * MEBIBYTE, 'b')));
    expect((await readFile(join(again, 'weights'))).subarray(0, 1).toString()).toBe('b');
    const names = await readdir(join(folder, 'artifacts/cache/bundles'));
    expect(names).toHaveLength(2);
  });
});
