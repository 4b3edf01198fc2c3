import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '#database';
import { createTestDatabase, guardAgainstLeaks, registerVersion, type TestDatabase } from '#testing';
import { Registry } from '../index.js';

guardAgainstLeaks();
let test: TestDatabase;
let database: Database;
let registry: Registry;

beforeEach(async () => {
  test = await createTestDatabase();
  database = openDatabase(test);
  registry = new Registry(database, { aliases: { gpt: 'production', tiny: 'small', loop: 'loop' } });
});
afterEach(async () => {
  await database.close();
  await test.close();
});

describe('a model version', () => {
  it('is numbered within its preset without gaps or doubles, however many are registered at once', async () => {
    const versions = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        registerVersion(registry, { preset: index % 2 === 0 ? 'small' : 'medium' }),
      ),
    );
    for (const preset of ['small', 'medium']) {
      const numbers = versions.filter((version) => version.preset === preset).map(({ number }) => number);
      expect(numbers.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6]);
    }
  });

  it.each([
    'number = 9',
    `preset = 'x'`,
    `bundle_sha256 = repeat('0', 64)`,
    `metrics = '{}'`,
    `hyperparameters = '{}'`,
    'seed = 2',
    'created_at = now()',
    `id = 'ft:x'`,
  ])('never changes: the database refuses %s', async (change) => {
    const version = await registerVersion(registry);
    await expect(database.pool.query(`UPDATE model_versions SET ${change}`)).rejects.toThrow('is immutable');
    await expect(database.pool.query(`UPDATE model_versions SET state = 'released', ${change}`)).rejects.toThrow(
      'is immutable',
    );
    expect(await registry.getModelVersion(version.id)).toEqual(version);
  });

  it('can change its state, to one that exists', async () => {
    await registerVersion(registry);
    await expect(database.pool.query(`UPDATE model_versions SET state = 'good'`)).rejects.toThrow(
      'model_versions_state_check',
    );
    await database.pool.query(`UPDATE model_versions SET state = 'rejected'`);
  });

  it('cannot be removed while a deployment needs it', async () => {
    const { id } = await registerVersion(registry);
    await registry.promote({ deployment: 'production', versionId: id, actor: 'x' });
    await expect(database.pool.query('DELETE FROM model_versions')).rejects.toThrow('foreign key');
  });

  it('is listed newest first, by preset and state', async () => {
    const small = await registerVersion(registry);
    const medium = await registerVersion(registry, { preset: 'medium', suffix: 'news' });
    expect((await registry.listModelVersions()).items.map(({ id }) => id)).toEqual([medium.id, small.id]);
    expect((await registry.listModelVersions({ preset: 'small' })).items).toEqual([small]);
    expect((await registry.listModelVersions({ state: 'released' })).items).toEqual([]);
  });
});

describe('the name of a model', () => {
  it('is a version, a deployment, a preset or an alias', async () => {
    const [first, second] = [await registerVersion(registry), await registerVersion(registry)];
    await registry.ensureDeployment('staging');
    await registry.promote({ deployment: 'staging', versionId: second.id, actor: 'x' });
    await registry.promote({ deployment: 'production', versionId: first.id, actor: 'x' });
    const resolved = async (name: string): Promise<string> => (await registry.resolveModel(name)).id;
    expect(await resolved(second.id)).toBe(second.id);
    expect(await resolved('production')).toBe(first.id);
    expect(await resolved('gpt')).toBe(first.id);
    // The newest that is released.
    expect(await resolved('small')).toBe(second.id);
    expect(await resolved('tiny')).toBe(second.id);
    await registerVersion(registry);
    expect(await resolved('small')).toBe(second.id);
  });

  it('that nothing has is not found, also when it is a property of all objects or an alias of itself', async () => {
    for (const name of ['nope', '', 'toString', '__proto__', 'loop', 'medium', "'; DROP TABLE corpora; --"]) {
      await expect(registry.resolveModel(name), name).rejects.toMatchObject({
        code: 'model_not_found',
        param: 'model',
      });
    }
  });

  it('of a deployment without a version is not ready rather than not found', async () => {
    await expect(registry.resolveModel('production')).rejects.toMatchObject({ code: 'no_model_ready', status: 503 });
    await expect(registry.resolveModel('gpt')).rejects.toMatchObject({ code: 'no_model_ready' });
  });
});
