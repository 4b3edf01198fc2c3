import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockFolder } from './folder-lock.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'understudy-lock-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('the lock of a data folder', () => {
  it('is held by one, which the second one is told', async () => {
    const lock = await lockFolder(folder);
    const message = expect.stringContaining(`process ${process.pid}`) as string;
    await expect(lockFolder(folder)).rejects.toMatchObject({ code: 'conflict', message });
    lock.release();
    (await lockFolder(folder)).release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('is taken over from a process that is gone', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    await writeFile(join(folder, 'launcher.lock'), JSON.stringify({ pid, started: null }));
    (await lockFolder(folder)).release();
  });

  it.runIf(existsSync('/proc/self/stat'))('is taken over when the pid now belongs to another process', async () => {
    await writeFile(join(folder, 'launcher.lock'), JSON.stringify({ pid: process.pid, started: '1' }));
    (await lockFolder(folder)).release();
  });

  it('is taken over when it cannot be read', async () => {
    await writeFile(join(folder, 'launcher.lock'), 'half a lo');
    (await lockFolder(folder)).release();
  });
});
