import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listen, openDatabase, type Database } from '#database';
import { createTestDatabase, guardAgainstLeaks, registerVersion, type TestDatabase } from '#testing';
import { DEPLOYMENTS_CHANNEL, Registry, type ModelVersion } from '../index.js';
import { readServingNotice } from '../releases/index.js';

guardAgainstLeaks();
let test: TestDatabase;
let database: Database;
let registry: Registry;

beforeEach(async () => {
  test = await createTestDatabase();
  database = openDatabase({ ...test, maxConnections: 20 });
  registry = new Registry(database);
});
afterEach(async () => {
  await database.close();
  await test.close();
});

function promote(version: ModelVersion, deployment = 'production'): ReturnType<Registry['promote']> {
  return registry.promote({
    deployment,
    versionId: version.id,
    actor: 'key:test',
    reason: 'better',
    requestId: 'req-1',
  });
}

function rollback(to?: ModelVersion): ReturnType<Registry['rollback']> {
  return registry.rollback({ deployment: 'production', to: to?.id ?? null, actor: 'key:test', reason: 'worse' });
}

async function stateOf(version: ModelVersion): Promise<string> {
  return (await registry.getModelVersion(version.id)).state;
}

async function registerVersions(count: number): Promise<ModelVersion[]> {
  return Promise.all(Array.from({ length: count }, () => registerVersion(registry)));
}

describe('promoting', () => {
  it('lets the version serve, retires the former and remembers it', async () => {
    const [first, second] = (await registerVersions(2)) as [ModelVersion, ModelVersion];
    expect(await registry.getDeployment('production')).toMatchObject({
      incumbentVersionId: null,
      previousVersionId: null,
      revision: 0,
    });
    expect(await promote(first)).toMatchObject({ incumbentVersionId: first.id, previousVersionId: null, revision: 1 });
    expect(await promote(second)).toMatchObject({
      incumbentVersionId: second.id,
      previousVersionId: first.id,
      revision: 2,
    });
    expect([await stateOf(first), await stateOf(second)]).toEqual(['retired', 'released']);
    expect(await promote(first)).toMatchObject({
      incumbentVersionId: first.id,
      previousVersionId: second.id,
      revision: 3,
    });
  });

  it('is audited with who, why, from and to', async () => {
    const [first, second] = (await registerVersions(2)) as [ModelVersion, ModelVersion];
    await promote(first);
    await promote(second);
    const { items } = await registry.listAudit({ subject: 'production' });
    expect(items).toMatchObject([
      { action: 'deployment.promote', data: { from: first.id, to: second.id, revision: 2 } },
      {
        action: 'deployment.promote',
        data: { from: null, to: first.id, revision: 1 },
        actor: 'key:test',
        reason: 'better',
        requestId: 'req-1',
      },
    ]);
  });

  it('what serves already changes nothing', async () => {
    const version = await registerVersion(registry);
    const before = await promote(version);
    expect(await promote(version)).toEqual(before);
    expect((await registry.listAudit({ subject: 'production' })).items).toHaveLength(1);
  });

  it('is refused for what does not exist', async () => {
    const version = await registerVersion(registry);
    await expect(promote({ ...version, id: 'ft:none' })).rejects.toMatchObject({ code: 'model_not_found' });
    await expect(promote(version, 'staging')).rejects.toMatchObject({ code: 'deployment_not_found' });
  });

  it('gives a version that was rolled back another chance', async () => {
    const [first, second] = (await registerVersions(2)) as [ModelVersion, ModelVersion];
    await promote(first);
    await promote(second);
    await rollback();
    expect(await promote(second)).toMatchObject({ incumbentVersionId: second.id, previousVersionId: first.id });
    expect([await stateOf(first), await stateOf(second)]).toEqual(['retired', 'released']);
  });

  it('twenty versions at the same time leaves one incumbent and an audit that tells every step', async () => {
    const versions = await registerVersions(20);
    const deployments = await Promise.all(versions.map((version) => promote(version)));
    // Each step is known to have happened exactly once.
    expect(deployments.map(({ revision }) => revision).sort((a, b) => a - b)).toEqual(
      versions.map((_, index) => index + 1),
    );

    const final = await registry.getDeployment('production');
    expect(final.revision).toBe(20);
    const { items: released } = await registry.listModelVersions({ state: 'released' });
    expect(released.map(({ id }) => id)).toEqual([final.incumbentVersionId]);
    expect((await registry.listModelVersions({ state: 'retired', limit: 100 })).items).toHaveLength(19);

    const { items: audit } = await registry.listAudit({ subject: 'production', limit: 100 });
    let serving: unknown = null;
    for (const { data } of [...audit].reverse()) {
      expect(data['from']).toBe(serving);
      serving = data['to'];
    }
    expect([audit.length, serving]).toEqual([20, final.incumbentVersionId]);
  });

  it('one version twenty times at the same time is one promotion', async () => {
    const version = await registerVersion(registry);
    const deployments = await Promise.all(Array.from({ length: 20 }, () => promote(version)));
    expect(new Set(deployments.map(({ revision }) => revision))).toEqual(new Set([1]));
    expect((await registry.listAudit({ subject: 'production' })).items).toHaveLength(1);
  });

  it('and rolling back at the same time never leaves two released versions or a version that serves itself back', async () => {
    const versions = await registerVersions(8);
    await promote(versions[0] as ModelVersion);
    await Promise.allSettled(versions.slice(1).flatMap((version) => [promote(version), rollback()]));
    const final = await registry.getDeployment('production');
    const { items: released } = await registry.listModelVersions({ state: 'released' });
    expect(released.map(({ id }) => id)).toEqual([final.incumbentVersionId]);
    expect(final.previousVersionId).not.toBe(final.incumbentVersionId);
    expect((await registry.listAudit({ subject: 'production', limit: 100 })).items).toHaveLength(final.revision);
  });
});

describe('rolling back', () => {
  it('returns to the previous version, once', async () => {
    const [first, second] = (await registerVersions(2)) as [ModelVersion, ModelVersion];
    await promote(first);
    await promote(second);
    expect(await rollback()).toMatchObject({ incumbentVersionId: first.id, previousVersionId: null, revision: 3 });
    expect([await stateOf(first), await stateOf(second)]).toEqual(['released', 'rolled_back']);
    await expect(rollback()).rejects.toThrow('has no previous version');
    const { items } = await registry.listAudit({ subject: 'production', limit: 1 });
    expect(items).toMatchObject([
      { action: 'deployment.rollback', reason: 'worse', data: { from: second.id, to: first.id } },
    ]);
  });

  it('returns to any version that served before, and to no other', async () => {
    const [first, second, third, never] = (await registerVersions(4)) as [
      ModelVersion,
      ModelVersion,
      ModelVersion,
      ModelVersion,
    ];
    for (const version of [first, second, third]) await promote(version);
    await expect(rollback(never)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('is registered; only a retired version') as string,
    });
    await expect(rollback(third)).rejects.toThrow('already serves');
    expect(await rollback(first)).toMatchObject({ incumbentVersionId: first.id });
    await expect(rollback(third)).rejects.toThrow('is rolled_back; only a retired version');
    expect(await stateOf(second)).toBe('retired');
  });

  it('needs something to roll back from', async () => {
    await expect(rollback()).rejects.toThrow('serves no version');
  });
});

describe('a version that serves two deployments', () => {
  it('stays released until the last of them leaves it', async () => {
    const [shared, next] = (await registerVersions(2)) as [ModelVersion, ModelVersion];
    await registry.ensureDeployment('staging');
    await promote(shared);
    await promote(shared, 'staging');
    await promote(next, 'staging');
    expect(await stateOf(shared)).toBe('released');
    await promote(next);
    expect(await stateOf(shared)).toBe('retired');
  });
});

describe('a change of a deployment', () => {
  it('is told to those who listen: what serves, and the name for the release before', async () => {
    const [version, other] = [await registerVersion(registry), await registerVersion(registry)];
    const heard: string[] = [];
    const read: ReturnType<Registry['getDeployment']>[] = [];
    const listener = await listen({
      ...test,
      channel: DEPLOYMENTS_CHANNEL,
      onNotification: (payload) => {
        heard.push(payload);
        read.push(registry.getDeployment('production'));
      },
      onReconnect: () => undefined,
    });
    const deployment = 'production';
    const begunAtMs = Date.now();
    await promote(version);
    const candidate = { candidateVersionId: other.id, actor: 'test' };
    const { id } = await registry.releases.open({ deployment, ...candidate });
    await registry.releases.abort(id, { actor: 'test' });
    await expect.poll(() => heard.length).toBe(6);
    await listener.close();
    expect(await read[0]).toMatchObject({ incumbentVersionId: version.id });
    const decidedAtMs = expect.toSatisfy(
      // The database stands on this machine.
      (ms: number) => Number.isInteger(ms) && ms >= begunAtMs && ms <= Date.now(),
    ) as number;
    const notice = { deployment, decidedAtMs, incumbentVersionId: version.id, previousVersionId: null };
    expect(heard.map(readServingNotice)).toEqual([
      { ...notice, servingRevision: 1, release: null },
      deployment,
      { ...notice, servingRevision: 2, release: { id, stage: 'shadow', stageIndex: 0, share: 0 } },
      deployment,
      { ...notice, servingRevision: 3, release: null },
      deployment,
    ]);
  });

  it('is refused by the database when it would name a version that does not exist, or itself as its previous one', async () => {
    const version = await registerVersion(registry);
    await promote(version);
    const change = (sql: string) => database.pool.query(`UPDATE deployments SET ${sql}`);
    await expect(change(`incumbent_version_id = 'none'`)).rejects.toThrow('foreign key');
    await expect(change('previous_version_id = incumbent_version_id')).rejects.toThrow('deployments_previous_check');
  });
});

describe('ensureDeployment', () => {
  it('makes a deployment once and leaves one that serves as it is', async () => {
    const made = await Promise.all(Array.from({ length: 4 }, () => registry.ensureDeployment('staging')));
    expect(made.map(({ revision }) => revision)).toEqual([0, 0, 0, 0]);
    const promoted = await promote(await registerVersion(registry), 'staging');
    expect(await registry.ensureDeployment('staging')).toEqual(promoted);
  });
});
