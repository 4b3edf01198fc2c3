import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrate, openDatabase } from '#database';
import { DEFAULT_POLICY } from '#release-policy';
import { createTestDatabase, guardAgainstLeaks } from '#testing';
import { Registry } from '../index.js';
import { openReleaseStand, PERSON, type ReleaseStand } from './testing/release-stand.js';

guardAgainstLeaks();
let stand: ReleaseStand;

beforeEach(async () => {
  stand = await openReleaseStand();
});
afterEach(() => stand.close());

describe('which version served when', () => {
  it('is one query, for every moment, and tells why by what it names', async () => {
    const { registry, incumbent, candidate } = stand;
    const before = new Date('2020-01-01');
    const { stageSince: canary } = await stand.openAt('canary');
    await stand.judge({ kind: 'promote' });
    const { endedAt } = await stand.judge({ kind: 'roll_back', targetProblem: null });
    const at = async (time: Date): Promise<unknown[]> =>
      (await registry.releases.findServing('production', time)).map(({ role, versionId }) => [role, versionId]);
    expect(await at(before)).toEqual([]);
    expect(await at(canary)).toEqual([
      ['incumbent', incumbent.id],
      ['candidate', candidate.id],
    ]);
    expect(await at(endedAt!)).toEqual([['incumbent', incumbent.id]]);
    const [period] = await registry.releases.listServingPeriods(incumbent.id, 1);
    const { items } = await registry.releases.listTimeline('production', { limit: 100 });
    expect(items.find(({ id }) => id === period?.startedBy)).toMatchObject({ source: 'release', kind: 'rolled_back' });
    expect((await registry.releases.listServingPeriods(candidate.id, 10)).map(({ role }) => role)).toEqual([
      'incumbent',
      'candidate',
    ]);
  });

  it('is known from the audit for the time before there were releases', async () => {
    const test = await createTestDatabase({ migrated: false });
    const folder = await mkdtemp(join(tmpdir(), 'understudy-migrations-'));
    const project = join(import.meta.dirname, '../../../../../prisma/migrations');
    try {
      for (const name of await readdir(project))
        if (name < '20261122600000') await cp(join(project, name), join(folder, name), { recursive: true });
      await migrate(test.connectionString, folder);
      const database = openDatabase(test);
      await database.pool.query(`
        INSERT INTO model_versions (id, preset, number, state, imported_from, bundle_sha256, code_version, hyperparameters, seed, parameters, trained_tokens, metrics)
          SELECT 'v' || n, 'small', n, 'registered', '{}', repeat('0', 64), 'x', '{}', 1, 1, 1, '{}' FROM generate_series(1, 2) n;
        INSERT INTO audit_entries (at, actor, action, subject, data) VALUES
          ('2026-01-01', 'a', 'deployment.promote', 'production', '{"from": null, "to": "v1"}'),
          ('2026-01-02', 'a', 'deployment.promote', 'production', '{"from": "v1", "to": "v2"}'),
          ('2026-01-03', 'a', 'deployment.rollback', 'production', '{"from": "v2", "to": "v1"}')`);
      await migrate(test.connectionString, project);
      const { releases } = new Registry(database);
      const at = async (day: string): Promise<unknown[]> =>
        (await releases.findServing('production', new Date(day))).map(({ versionId }) => versionId);
      expect([await at('2025-12-31'), await at('2026-01-01'), await at('2026-01-02')]).toEqual([[], ['v1'], ['v2']]);
      expect([await at('2026-01-03'), await at('2027-01-01')]).toEqual([['v1'], ['v1']]);
      await database.close();
    } finally {
      await test.close();
      await rm(folder, { recursive: true });
    }
  });
});

describe('the timeline of a deployment', () => {
  it('tells everything once, newest first, page by page', async () => {
    const { registry } = stand;
    const { id } = await stand.openAt('watched');
    await registry.releases.pin('production', PERSON);
    const whole = (await registry.releases.listTimeline('production', { limit: 100 })).items;
    expect(whole.map(({ at }) => at.getTime())).toEqual(whole.map(({ at }) => at.getTime()).sort((a, b) => b - a));
    expect(whole.filter(({ source }) => source === 'audit').map(({ kind }) => kind)).toEqual([
      'deployment.pin',
      'deployment.promote',
      'deployment.promote',
    ]);
    const events = whole.filter(({ source }) => source === 'release');
    expect(events.map(({ kind }) => kind)).toEqual(['promoted', 'advanced', 'gates_passed', 'opened']);
    expect(events.every(({ releaseId }) => releaseId === id)).toBe(true);
    const paged = [];
    for (let after: string | undefined, hasMore = true; hasMore; after = paged.at(-1)?.id) {
      const page = await registry.releases.listTimeline('production', { limit: 3, ...(after && { after }) });
      paged.push(...page.items);
      hasMore = page.hasMore;
    }
    expect(paged).toEqual(whole);
    await expect(registry.releases.listTimeline('production', { after: 'audit-999' })).rejects.toMatchObject({
      code: 'invalid_value',
      param: 'after',
    });
    await expect(registry.releases.listTimeline('nowhere')).rejects.toMatchObject({ code: 'deployment_not_found' });
  });
});

describe('a policy', () => {
  it('called default is there from the beginning, and each writing of one is a new version of it', async () => {
    const { releases } = stand.registry;
    const builtIn = { name: 'default', version: 0, document: DEFAULT_POLICY, createdBy: null, createdAt: null };
    expect(await releases.getPolicy('default')).toEqual(builtIn);
    expect(await releases.listPolicies()).toEqual([builtIn]);
    const written = await Promise.all(
      [600, 700, 800].map((maxSeconds) => releases.writePolicy('nightly', { maxSeconds }, PERSON)),
    );
    expect(written.map(({ version }) => version).sort()).toEqual([1, 2, 3]);
    const newest = await releases.getPolicy('nightly');
    expect(newest).toMatchObject({ version: 3, createdBy: PERSON.actor, document: { mode: 'enforce' } });
    expect((await releases.listPolicies()).map(({ name, version }) => [name, version])).toEqual([
      ['default', 0],
      ['nightly', 3],
    ]);
    expect((await releases.listPolicyVersions('nightly')).map(({ version }) => version)).toEqual([3, 2, 1]);
    await releases.writePolicy('default', { mode: 'dry_run' }, PERSON);
    const release = await stand.open();
    expect(release).toMatchObject({ policyVersion: 1, policy: { mode: 'dry_run' } });
    await releases.writePolicy('default', {}, PERSON);
    expect((await releases.get(release.id)).policy.mode).toBe('dry_run');
  });

  it.each([
    ['Nightly', {}, 'name'],
    ['', {}, 'name'],
    ['nightly', { maxSeconds: -1 }, 'maxSeconds'],
    ['nightly', { tempo: 1 }, 'tempo'],
  ])('called %j that says %j is refused', async (name, document, param) => {
    await expect(stand.registry.releases.writePolicy(name, document, PERSON)).rejects.toMatchObject({ param });
  });

  it('that was written is never changed', async () => {
    await stand.registry.releases.writePolicy('nightly', {}, PERSON);
    const change = stand.database.pool.query(`UPDATE release_policies SET document = '{}'`);
    await expect(change).rejects.toThrow('append-only');
  });
});
