import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { guardAgainstLeaks, registerVersion } from '#testing';
import { openReleaseStand, PERSON, type ReleaseStand } from './testing/release-stand.js';

guardAgainstLeaks();
let stand: ReleaseStand;

beforeEach(async () => {
  stand = await openReleaseStand();
});
afterEach(() => stand.close());

describe('a person', () => {
  it('takes a release from stage to stage to its end, without waiting for evidence', async () => {
    const { registry, candidate } = stand;
    const { id } = await stand.open();
    await stand.judge({ kind: 'pass_gates', gates: {} });
    const stages: unknown[] = [];
    for (let step = 0; step < 6; step++) {
      const { state, stageIndex, share } = await registry.releases.advance(id, PERSON);
      stages.push([state, stageIndex, share]);
    }
    expect(stages).toEqual([
      ['canary', 1, 0.01],
      ['canary', 2, 0.05],
      ['canary', 3, 0.25],
      ['canary', 4, 0.5],
      ['watched', 5, 0.9],
      ['completed', 5, 0],
    ]);
    await expect(registry.releases.advance(id, PERSON)).rejects.toMatchObject({ code: 'conflict' });
    expect(await registry.getDeployment('production')).toMatchObject({ incumbentVersionId: candidate.id });
    const { items } = await registry.listAudit({ subject: id, limit: 100 });
    expect(items.map(({ action }) => action)).toEqual([...Array<string>(6).fill('release.advance'), 'release.open']);
  });

  it('pauses and resumes a release, and its limits of time count anew', async () => {
    const { registry } = stand;
    const { id } = await stand.open();
    expect(await registry.releases.pause(id, PERSON)).toMatchObject({ state: 'shadow', pausedBy: PERSON.actor });
    const paused = await registry.releases.pause(id, PERSON);
    const resumed = await registry.releases.resume(id, PERSON);
    expect(resumed).toMatchObject({ state: 'shadow', pausedAt: null, pausedBy: null });
    expect(resumed.resumedAt?.getTime()).toBeGreaterThanOrEqual(paused.pausedAt?.getTime() ?? Infinity);
    await expect(registry.releases.resume(id, PERSON)).rejects.toMatchObject({ code: 'conflict' });
    expect(await stand.kindsOf(id)).toEqual(['opened', 'paused', 'unpaused']);
  });

  it('lets a held release go on where it was', async () => {
    const { id } = await stand.openAt('canary');
    await stand.judge({ kind: 'hold', resumes: false });
    expect(await stand.registry.releases.resume(id, PERSON)).toMatchObject({
      state: 'canary',
      share: 0.01,
      heldAt: null,
      resumes: null,
    });
  });

  it('aborts a release: the candidate serves nothing any more and can be released again at once', async () => {
    const { registry, incumbent, candidate } = stand;
    const { id } = await stand.openAt('canary');
    expect(await registry.releases.abort(id, PERSON)).toMatchObject({ state: 'aborted', share: 0 });
    expect(await stand.serving()).toEqual([['incumbent', incumbent.id, 1]]);
    expect(await stand.stateOf(candidate)).toBe('registered');
    await stand.open();
  });

  it.each(['promote', 'rollback'] as const)('who decides by a %s what serves ends the open release', async (deed) => {
    const { registry, incumbent, candidate } = stand;
    const third = await registerVersion(registry);
    const { id } = await stand.openAt('watched');
    const before = { ...PERSON, deployment: 'production' };
    if (deed === 'promote') await registry.promote({ ...before, versionId: third.id });
    else await registry.rollback(before);
    expect(await registry.releases.get(id)).toMatchObject({ state: 'superseded', share: 0 });
    const serves = deed === 'promote' ? third : incumbent;
    expect(await stand.serving()).toEqual([['incumbent', serves.id, 1]]);
    expect(await stand.stateOf(candidate)).toBe(deed === 'promote' ? 'retired' : 'rolled_back');
    const { items } = await registry.listAudit({ subject: 'production', limit: 1 });
    expect(items).toMatchObject([{ action: `deployment.${deed}`, data: { superseded: id } }]);
  });

  it.each(['canary', 'watched'] as const)(
    'who promotes what serves keeps it: the release ends in %s',
    async (stage) => {
      const { registry } = stand;
      const { id } = await stand.openAt(stage);
      const { incumbentVersionId, revision } = await registry.getDeployment('production');
      const kept = { ...PERSON, deployment: 'production', versionId: incumbentVersionId! };
      expect(await registry.promote(kept)).toMatchObject({ incumbentVersionId, revision });
      expect(await registry.releases.get(id)).toMatchObject({ state: 'superseded', share: 0 });
      expect(await stand.serving()).toEqual([['incumbent', incumbentVersionId, 1]]);
      expect((await registry.listAudit({ subject: id, limit: 1 })).items).toMatchObject([
        { action: 'release.supersede' },
      ]);
    },
  );

  it('who pins a deployment is not overruled by a judge who had decided before', async () => {
    const { registry, incumbent } = stand;
    await stand.openAt('canary');
    const late = await stand.decided({ kind: 'promote' });
    const pinned = await registry.releases.pin('production', PERSON);
    expect(pinned).toMatchObject({ pinnedBy: PERSON.actor, pinReason: 'because', incumbentVersionId: incumbent.id });
    await expect(late()).rejects.toMatchObject({ code: 'conflict' });
    await expect(stand.judge({ kind: 'promote' })).rejects.toMatchObject({ code: 'conflict' });
    expect(await stand.serving()).toEqual([['incumbent', incumbent.id, 1]]);
  });

  it('who pins a deployment holds its release with nothing served by the candidate, until it is unpinned', async () => {
    const { registry } = stand;
    const { id } = await stand.openAt('canary');
    await registry.releases.pin('production', PERSON);
    expect(await registry.releases.get(id)).toMatchObject({ state: 'held', share: 0, resumes: true });
    await expect(registry.releases.resume(id, PERSON)).rejects.toThrow('unpin it first');
    await registry.releases.unpin('production', PERSON);
    expect(await registry.getDeployment('production')).toMatchObject({ pinnedAt: null, pinnedBy: null });
    expect(await stand.judge({ kind: 'resume' })).toMatchObject({ state: 'canary', share: 0.01 });
  });

  it('who promotes is not overruled by a judge who had decided to roll back before', async () => {
    const { registry } = stand;
    const third = await registerVersion(registry);
    await stand.openAt('watched');
    const late = await stand.decided({ kind: 'roll_back', targetProblem: null });
    await registry.promote({ ...PERSON, deployment: 'production', versionId: third.id });
    await expect(late()).rejects.toMatchObject({ code: 'conflict' });
    expect(await registry.getDeployment('production')).toMatchObject({ incumbentVersionId: third.id, revision: 3 });
  });
});

describe('a version that is being released', () => {
  it('is not deleted, nor the one that it is compared with', async () => {
    const { registry, incumbent, candidate } = stand;
    const { id } = await stand.open();
    for (const version of [incumbent, candidate])
      await expect(registry.deleteModelVersion(version.id, PERSON)).rejects.toMatchObject({ code: 'conflict' });
    await registry.releases.abort(id, PERSON);
    await registry.deleteModelVersion(candidate.id, PERSON);
    await expect(stand.open()).rejects.toMatchObject({ code: 'model_not_found' });
  });
});

describe('webhooks', () => {
  it('are told what the transaction does, and nothing of what did not happen', async () => {
    const { registry } = stand;
    const { webhook } = await registry.webhooks.create({ ...PERSON, url: 'https://example.org/hook' });
    await stand.openAt('watched');
    const late = await stand.decided({ kind: 'complete' });
    await stand.judge({ kind: 'roll_back', targetProblem: 'its bundle is damaged' });
    await expect(late()).rejects.toMatchObject({ code: 'conflict' });
    await stand.judge({ kind: 'roll_back', targetProblem: null });
    const { items } = await registry.webhooks.listDeliveries({ webhookId: webhook.id });
    expect(items.map(({ type }) => type).reverse()).toEqual([
      'release.opened',
      'release.promoted',
      'release.held',
      'guard.alarm',
      'release.rolled_back',
    ]);
  });
});

describe('two judges at once', () => {
  it.each(['promote', 'roll_back', 'advance'] as const)('who both decide to %s do it once', async (kind) => {
    const { registry } = stand;
    const { id } = await stand.openAt(kind === 'roll_back' ? 'watched' : 'canary');
    const action = kind === 'roll_back' ? { kind, targetProblem: null } : { kind };
    const decisions = await Promise.all([1, 2, 3, 4].map(() => stand.decided(action)));
    const outcomes = await Promise.allSettled(decisions.map((carryOut) => carryOut()));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const past = { promote: 'promoted', roll_back: 'rolled_back', advance: 'advanced' }[kind];
    const kinds = await stand.kindsOf(id);
    expect(kinds.filter((one) => one === past)).toHaveLength(kind === 'advance' ? 2 : 1);
    const { revision } = await registry.getDeployment('production');
    expect(revision).toBe({ promote: 2, roll_back: 3, advance: 1 }[kind]);
  });
});

describe('fifty promotions and rollbacks at once, beside a judge', () => {
  it('leave one incumbent, an audit that tells every step, and periods without a gap', async () => {
    const { registry } = stand;
    const versions = await Promise.all(Array.from({ length: 10 }, () => registerVersion(registry)));
    await stand.openAt('watched');
    const calls = Array.from({ length: 50 }, (_, index) =>
      index % 2 === 0
        ? registry.promote({ ...PERSON, deployment: 'production', versionId: versions[index % 10]!.id })
        : registry.rollback({ ...PERSON, deployment: 'production' }),
    );
    const judged = stand.judge({ kind: 'roll_back', targetProblem: null });
    await Promise.allSettled([...calls, judged]);

    const final = await registry.getDeployment('production');
    const { items: released } = await registry.listModelVersions({ state: 'released', limit: 100 });
    expect(released.map(({ id }) => id)).toEqual([final.incumbentVersionId]);

    const { items } = await registry.listAudit({ subject: 'production', limit: 100 });
    const steps = items.filter(({ action }) => /promote|rollback/.test(action)).reverse();
    let servedBefore: unknown = null;
    for (const [index, { data }] of steps.entries()) {
      expect(data).toMatchObject({ from: servedBefore, revision: index + 1 });
      servedBefore = data['to'];
    }
    expect([steps.length, servedBefore]).toEqual([final.revision, final.incumbentVersionId]);

    const { rows } = await stand.database.pool.query<{ started: string; ended: string | null; version: string }>(
      `SELECT started_at::text AS started, ended_at::text AS ended, version_id AS version FROM serving_periods
       WHERE deployment = 'production' AND role = 'incumbent' ORDER BY id`,
    );
    for (const [index, row] of rows.entries()) expect(row.ended).toBe(rows[index + 1]?.started ?? null);
    expect(rows.at(-1)?.version).toBe(final.incumbentVersionId);
  });
});
