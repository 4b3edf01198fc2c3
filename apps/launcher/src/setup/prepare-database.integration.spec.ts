import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig, type Config } from '#config';
import { openDatabase } from '#database';
import { Registry } from '#registry';
import { createTestDatabase, guardAgainstLeaks, type TestDatabase } from '#testing';
import { prepareDatabase } from './prepare-database.js';

guardAgainstLeaks();
const GIVEN = `sk-understudy-${'k'.repeat(32)}`;
let test: TestDatabase;
let folder: string;

beforeEach(async () => {
  test = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'understudy-setup-'));
});
afterEach(async () => {
  await test.close();
  await rm(folder, { recursive: true });
});

function config(settings: Record<string, string> = {}): Config {
  return loadConfig({ DATABASE_URL: test.connectionString, DATA_DIR: folder, ...settings });
}

async function withRegistry<T>(use: (registry: Registry) => Promise<T>): Promise<T> {
  const database = openDatabase(test);
  try {
    return await use(new Registry(database));
  } finally {
    await database.close();
  }
}

describe('the setup of a database', () => {
  it('leaves one key of an administrator in the data folder, however often it is done', async () => {
    const { keyPath } = await prepareDatabase(config());
    const key = (await readFile(keyPath ?? '', 'utf8')).trim();
    expect(await prepareDatabase(config())).toEqual({ migrations: [], keyPath });
    await withRegistry(async (registry) => {
      expect((await registry.verifyApiKey(key))?.scopes).toContain('admin');
      expect((await registry.listApiKeys()).items).toHaveLength(1);
    });
  });

  it('makes sure of the key that it is given, and takes no revoked one', async () => {
    const given = config({ ADMIN_KEY: GIVEN });
    expect((await prepareDatabase(given)).keyPath).toBeNull();
    await prepareDatabase(given);
    await withRegistry(async (registry) => {
      const { items } = await registry.listApiKeys();
      expect(items).toMatchObject([{ name: 'setup', scopes: ['admin'] }]);
      await registry.revokeApiKey(items[0]!.id, { actor: 'test' });
    });
    await expect(prepareDatabase(given)).rejects.toMatchObject({ code: 'conflict' });
  });
});
