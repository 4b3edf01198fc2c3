import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { zipOf } from '../testing/archives.js';
import { zipEntries } from './archive-entries.js';

const LIMITS = { maxEntries: 10, maxBytes: 2_000_000, maxRatio: 20 };

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'archive-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('an entry of an archive', () => {
  it('that is damaged says so to who reads it, however late', async () => {
    const archive = Buffer.from(await zipOf([{ name: 'a.txt', content: randomBytes(100_000).toString('hex') }]));
    // From behind the header and the name on; it begins a block of a type that there is not.
    archive.fill(0xff, 35, 3_000);
    const path = join(folder, 'a.zip');
    await writeFile(path, archive);
    const read = async (): Promise<number> => {
      let bytes = 0;
      for await (const { content } of zipEntries(path, archive.byteLength, LIMITS)) {
        // Long enough for what is unpacked ahead to fail.
        await delay(100);
        for await (const chunk of content) bytes += chunk.byteLength;
      }
      return bytes;
    };
    await expect(read()).rejects.toMatchObject({ code: 'archive_invalid' });
  });
});
