import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '#database';
import { createTestDatabase, guardAgainstLeaks, type TestDatabase } from '#testing';
import { Registry, type ApiScope } from '../index.js';

guardAgainstLeaks();
let test: TestDatabase;
let database: Database;
let registry: Registry;

beforeEach(async () => {
  test = await createTestDatabase();
  database = openDatabase(test);
  registry = new Registry(database);
});
afterEach(async () => {
  await database.close();
  await test.close();
});

function create(scopes: readonly ApiScope[] = ['completions'], name = 'laptop'): Promise<{ id: string; key: string }> {
  return registry.createApiKey({ name, scopes, actor: 'system' });
}

const UNLIMITED = { requestsPerMinute: null, tokensPerMinute: null, concurrentRequests: null };

async function lastUsed(): Promise<Date | null | undefined> {
  return (await registry.listApiKeys()).items[0]?.lastUsedAt;
}

describe('an API key', () => {
  it('is known by whoever shows it and stored nowhere', async () => {
    const { id, key } = await create(['completions', 'training', 'completions']);
    expect(key).toMatch(/^sk-understudy-[A-Za-z0-9_-]{32}$/);
    expect(await registry.verifyApiKey(key)).toEqual({
      id,
      name: 'laptop',
      scopes: ['completions', 'training'],
      limits: UNLIMITED,
    });
    const { rows } = await database.pool.query<{ row: string }>(
      'SELECT row_to_json(k)::text AS row FROM api_keys k UNION ALL SELECT row_to_json(a)::text FROM audit_entries a',
    );
    expect(rows).toHaveLength(2);
    for (const { row } of rows) expect(row).not.toContain(key.slice('sk-understudy-'.length + 4));
  });

  it('is another one each time', async () => {
    const keys = await Promise.all(Array.from({ length: 5 }, () => create()));
    expect(new Set(keys.map(({ key }) => key)).size).toBe(5);
  });

  it('with the scope admin has every scope', async () => {
    const { key } = await create(['admin']);
    expect((await registry.verifyApiKey(key))?.scopes).toEqual(['completions', 'training', 'admin']);
  });

  it('that is wrong, cut, longer, empty or of another kind is nobody', async () => {
    const { key } = await create();
    for (const wrong of [
      key.slice(0, -1),
      `${key}x`,
      key.toUpperCase(),
      '',
      'sk-understudy-',
      'sk-proj-abc',
      ` ${key}`,
    ]) {
      expect(await registry.verifyApiKey(wrong), wrong).toBeNull();
    }
  });

  it('is nobody from the moment that it is revoked; revoking again changes nothing', async () => {
    const { id, key } = await create();
    await registry.revokeApiKey(id, { actor: 'system' });
    expect(await registry.verifyApiKey(key)).toBeNull();
    const { items: before } = await registry.listApiKeys();
    await registry.revokeApiKey(id, { actor: 'system' });
    expect((await registry.listApiKeys()).items).toEqual(before);
    expect(before[0]?.revokedAt).toBeInstanceOf(Date);
    expect((await registry.listAudit({ subject: id })).items.map(({ action }) => action)).toEqual([
      'api_key.revoke',
      'api_key.create',
    ]);
    await expect(registry.revokeApiKey('key-none', { actor: 'system' })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('remembers its last use, at most once a minute', async () => {
    const { key } = await create();
    expect(await lastUsed()).toBeNull();
    await registry.verifyApiKey(key);
    await expect.poll(lastUsed, { timeout: 20_000 }).toBeInstanceOf(Date);
    const first = await lastUsed();
    await registry.verifyApiKey(key);
    // A write in the background would be done before this one, which waits for its row.
    await database.pool.query('SELECT FROM api_keys FOR UPDATE');
    expect(await lastUsed()).toEqual(first);
    await database.pool.query(`UPDATE api_keys SET last_used_at = now() - interval '61 seconds'`);
    const old = await lastUsed();
    await registry.verifyApiKey(key);
    await expect.poll(lastUsed, { timeout: 20_000 }).not.toEqual(old);
  });

  it('has limits from the start or from a later change, which is in the audit', async () => {
    const limits = { requestsPerMinute: 60, tokensPerMinute: 0 };
    const { id, key } = await registry.createApiKey({ name: 'x', scopes: ['completions'], limits, actor: 'system' });
    const limitsNow = async (): Promise<unknown> => (await registry.verifyApiKey(key))?.limits;
    expect(await limitsNow()).toEqual({ ...UNLIMITED, ...limits });
    const change = { concurrentRequests: 2, requestsPerMinute: null };
    const changed = await registry.changeApiKey({ id, limits: change, actor: 'someone', requestId: 'req_1' });
    expect(changed.limits).toEqual({ ...UNLIMITED, tokensPerMinute: 0, concurrentRequests: 2 });
    expect(await limitsNow()).toEqual(changed.limits);
    expect((await registry.listAudit({ subject: id })).items[0]).toMatchObject({
      action: 'api_key.change',
      actor: 'someone',
      requestId: 'req_1',
      data: { limits: change },
    });
  });

  it('takes no limit that is not a whole number, and none for a key that does not exist', async () => {
    const { id } = await create();
    for (const limit of [-1, 1.5, 2 ** 31, Number.NaN]) {
      const change = { id, limits: { tokensPerMinute: limit }, actor: 'system' };
      await expect(registry.changeApiKey(change)).rejects.toMatchObject({
        code: 'invalid_value',
        param: 'tokensPerMinute',
      });
    }
    const change = { id: 'key-none', limits: {}, actor: 'system' };
    await expect(registry.changeApiKey(change)).rejects.toMatchObject({ code: 'not_found' });
    const bad = { name: 'x', scopes: ['admin'] as const, limits: { requestsPerMinute: -1 }, actor: 'system' };
    await expect(registry.createApiKey(bad)).rejects.toMatchObject({ param: 'requestsPerMinute' });
  });

  it('needs a name and scopes that exist', async () => {
    await expect(create(['completions'], ' ')).rejects.toMatchObject({ code: 'invalid_value', param: 'name' });
    await expect(create(['completions'], 'x'.repeat(101))).rejects.toMatchObject({ param: 'name' });
    await expect(create([])).rejects.toMatchObject({ param: 'scopes' });
    await expect(create(['root' as ApiScope])).rejects.toMatchObject({ param: 'scopes' });
    expect((await registry.listApiKeys()).items).toEqual([]);
  });
});
