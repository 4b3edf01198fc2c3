import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { guardAgainstLeaks, registerVersion } from '#testing';
import type { Registry, ModelVersion } from '../index.js';
import type { Release } from './index.js';
import { openReleaseStand, PERSON, type ReleaseStand } from './testing/release-stand.js';

guardAgainstLeaks();
const GATES = { candidate: { perplexity: 12 } };

let stand: ReleaseStand;
let registry: Registry;
let incumbent: ModelVersion;
let candidate: ModelVersion;

beforeEach(async () => {
  stand = await openReleaseStand();
  ({ registry, incumbent, candidate } = stand);
});
afterEach(() => stand.close());

describe('a release', () => {
  it('begins in the shadow, where its candidate serves nothing, with the policy as it is now', async () => {
    const release = await stand.open();
    expect(release).toMatchObject({
      deployment: 'production',
      candidateVersionId: candidate.id,
      incumbentVersionId: incumbent.id,
      state: 'shadow',
      stage: 'shadow',
      stageIndex: 0,
      share: 0,
      policyName: 'default',
      policyVersion: 0,
      gates: null,
      openedBy: 'key:test',
    });
    expect(release.id).toMatch(/^rel-[A-Za-z0-9]{22}$/);
    expect(await registry.releases.findOpen('production')).toEqual(release);
    expect((await registry.listAudit({ subject: release.id })).items).toMatchObject([{ action: 'release.open' }]);
    expect(await stand.serving()).toEqual([['incumbent', incumbent.id, 1]]);
  });

  it('goes from the shadow over its shares to promotion and the end of the watch, and is served as it says', async () => {
    const release = await stand.open();
    await stand.judge({ kind: 'pass_gates', gates: GATES });
    expect(await stand.judge({ kind: 'advance' })).toMatchObject({ state: 'canary', stageIndex: 1, share: 0.01 });
    expect(await stand.serving()).toEqual([
      ['incumbent', incumbent.id, 0.99],
      ['candidate', candidate.id, 0.01],
    ]);
    expect(await stand.judge({ kind: 'advance' })).toMatchObject({ state: 'canary', stageIndex: 2, share: 0.05 });
    expect(await stand.judge({ kind: 'promote' })).toMatchObject({ state: 'watched', stageIndex: 5, share: 0.9 });
    expect(await registry.getDeployment('production')).toMatchObject({
      incumbentVersionId: candidate.id,
      previousVersionId: incumbent.id,
      revision: 2,
    });
    expect([await stand.stateOf(incumbent), await stand.stateOf(candidate)]).toEqual(['retired', 'released']);
    expect(await stand.serving()).toEqual([
      ['incumbent', candidate.id, 0.9],
      ['former', incumbent.id, 0.1],
    ]);
    expect(await stand.judge({ kind: 'complete' })).toMatchObject({ state: 'completed', stage: 'watched' });
    expect(await stand.serving()).toEqual([['incumbent', candidate.id, 1]]);
    expect(await stand.kindsOf(release.id)).toEqual([
      'opened',
      'gates_passed',
      'advanced',
      'advanced',
      'promoted',
      'completed',
    ]);
    expect(await registry.releases.findOpen('production')).toBeNull();
  });

  it('serves nothing before its candidate has passed the gates, whoever asks for it', async () => {
    const release = await stand.open();
    await expect(registry.releases.advance(release.id, PERSON)).rejects.toMatchObject({ code: 'conflict' });
    await expect(stand.judge({ kind: 'promote' })).rejects.toMatchObject({ code: 'conflict' });
    const change = `UPDATE releases SET stage = 'canary', state = 'canary', share = 0.5`;
    await expect(stand.database.pool.query(change)).rejects.toThrow('releases_share_check');
  });

  it('is one at a time for a deployment, also when twenty are opened at once', async () => {
    const versions = await Promise.all(Array.from({ length: 20 }, () => registerVersion(registry)));
    const opened = await Promise.allSettled(versions.map((version) => stand.open(version)));
    expect(opened.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of opened)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'conflict' });
    expect((await registry.releases.list({ deployment: 'production' })).items).toHaveLength(1);
  });

  it('is refused for what serves, what does not exist, what was never promoted over, and policies that nobody wrote', async () => {
    await expect(stand.open(incumbent)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('already serves') as string,
    });
    await expect(stand.open({ ...candidate, id: 'ft:none' })).rejects.toMatchObject({ code: 'model_not_found' });
    await expect(stand.open(candidate, 'nightly')).rejects.toMatchObject({ code: 'policy_not_found' });
    await registry.ensureDeployment('staging');
    const empty = registry.releases.open({ ...PERSON, deployment: 'staging', candidateVersionId: candidate.id });
    await expect(empty).rejects.toThrow('serves no version yet');
  });

  it.each(['evidence = null', `kind = 'x'`])('has events that nobody can change: %s', async (change) => {
    await stand.open();
    await expect(stand.database.pool.query(`UPDATE release_events SET ${change}`)).rejects.toThrow('append-only');
    await expect(stand.database.pool.query('DELETE FROM release_events')).rejects.toThrow('append-only');
  });
});

describe('a candidate that is rolled back by itself', () => {
  it('before its promotion ends its release and leaves the deployment as it was', async () => {
    const release = await stand.openAt('canary');
    const before = await registry.getDeployment('production');
    const ended = await stand.judge({ kind: 'roll_back', targetProblem: null }, { message: 'It is worse.' });
    expect(ended).toMatchObject({ state: 'rolled_back', stage: 'canary', share: 0, reason: 'It is worse.' });
    expect(await registry.getDeployment('production')).toEqual({
      ...before,
      servingRevision: before.servingRevision + 1,
    });
    expect([await stand.stateOf(incumbent), await stand.stateOf(candidate)]).toEqual(['released', 'rolled_back']);
    expect(await stand.serving()).toEqual([['incumbent', incumbent.id, 1]]);
    expect((await stand.kindsOf(release.id)).at(-1)).toBe('rolled_back');
    expect((await registry.listAudit({ subject: release.id, limit: 1 })).items).toMatchObject([
      { action: 'release.roll_back', actor: 'release-guard', reason: 'It is worse.' },
    ]);
  });

  it('after its promotion brings the version before it back, in one step that the audit tells', async () => {
    await stand.openAt('watched');
    await stand.judge({ kind: 'roll_back', targetProblem: null }, { message: 'It became worse.' });
    expect(await registry.getDeployment('production')).toMatchObject({
      incumbentVersionId: incumbent.id,
      previousVersionId: null,
      revision: 3,
    });
    expect([await stand.stateOf(incumbent), await stand.stateOf(candidate)]).toEqual(['released', 'rolled_back']);
    expect((await registry.listAudit({ subject: 'production', limit: 1 })).items).toMatchObject([
      {
        action: 'deployment.rollback',
        actor: 'release-guard',
        reason: 'It became worse.',
        data: { from: candidate.id, to: incumbent.id, revision: 3 },
      },
    ]);
    expect(await stand.serving()).toEqual([['incumbent', incumbent.id, 1]]);
  });

  it('stays in quarantine, longer each time, until it is over or a person promotes it', async () => {
    const lengths: number[] = [];
    for (const time of [1, 2]) {
      const release = await stand.openAt('canary');
      const { endedAt } = await stand.judge({ kind: 'roll_back', targetProblem: null });
      const quarantine = await registry.releases.findQuarantine(candidate.id);
      expect(quarantine).toMatchObject({ count: time });
      lengths.push((quarantine?.until.getTime() ?? 0) - (endedAt?.getTime() ?? 0));
      await expect(stand.open()).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringContaining('in quarantine until') as string,
      });
      expect(release.policy.rollback).toMatchObject({ quarantineSeconds: 3600, growth: 4 });
      await stand.database.pool.query(`UPDATE version_quarantines SET until = now()`);
    }
    expect(lengths).toEqual([3_600_000, 4 * 3_600_000]);
    await stand.openAt('canary');
    await stand.judge({ kind: 'roll_back', targetProblem: null });
    await registry.promote({ deployment: 'production', versionId: candidate.id, actor: 'key:test' });
    const over = await registry.releases.findQuarantine(candidate.id);
    expect(over).toMatchObject({ count: 3 });
    expect(over?.until.getTime()).toBeLessThanOrEqual(Date.now() + 1000);
  });

  it.each([
    ['its target cannot serve', null, 'The file weights is missing.'],
    ['its target is in quarantine', 'quarantine', null],
    ['the deployment is pinned', 'pin', null],
  ])('stays, held, with one alarm, when %s', async (_, cause, targetProblem) => {
    const release = await stand.openAt('watched');
    if (cause === 'pin') await registry.releases.pin('production', { actor: 'key:careful', reason: 'a demonstration' });
    if (cause === 'quarantine')
      await stand.database.pool.query(
        `INSERT INTO version_quarantines VALUES ($1, now() + interval '1 hour', 1, 'it was worse once')`,
        [incumbent.id],
      );
    for (const n of [1, 2, 3]) {
      const message = `It is worse after ${n} observations.`;
      const held = await stand.judge({ kind: 'roll_back', targetProblem }, { message });
      expect(held).toMatchObject({
        state: 'held',
        resumes: false,
        reason: expect.stringContaining('a person is needed') as string,
      });
    }
    expect(await registry.getDeployment('production')).toMatchObject({ incumbentVersionId: candidate.id });
    expect(await stand.stateOf(candidate)).toBe('released');
    const kinds = await stand.kindsOf(release.id);
    expect(kinds.filter((kind) => kind === 'held' || kind === 'alarm')).toEqual(['held', 'alarm']);
    const { items } = await registry.listAudit({ subject: 'production', limit: 100 });
    expect(items.filter(({ action }) => action === 'guard.alarm')).toHaveLength(1);
    // A person is not kept from it.
    const rolledBack = await registry.rollback({ deployment: 'production', actor: 'key:test' });
    expect(rolledBack.incumbentVersionId).toBe(incumbent.id);
    expect((await registry.releases.get(release.id)).state).toBe('superseded');
  });

  it('goes when what stood in the way is gone', async () => {
    await stand.openAt('watched');
    await stand.judge({ kind: 'roll_back', targetProblem: 'its bundle is damaged' });
    expect(await stand.judge({ kind: 'roll_back', targetProblem: null })).toMatchObject({ state: 'rolled_back' });
    expect(await registry.getDeployment('production')).toMatchObject({ incumbentVersionId: incumbent.id });
  });

  it('leaves at most as many times a day as the policy says; then the deployment is pinned and a person is called', async () => {
    await registry.releases.writePolicy('strict', { rollback: { perDay: 1 } }, PERSON);
    const rollBackInCanary = async (version: ModelVersion): Promise<Release> => {
      await stand.open(version, 'strict');
      await stand.judge({ kind: 'pass_gates', gates: GATES });
      await stand.judge({ kind: 'advance' });
      return stand.judge({ kind: 'roll_back', targetProblem: null });
    };
    await rollBackInCanary(candidate);
    expect(await registry.getDeployment('production')).toMatchObject({ pinnedAt: null });
    const second = await rollBackInCanary(await registerVersion(registry));
    expect(second.state).toBe('rolled_back');
    expect(await stand.kindsOf(second.id)).toContain('alarm');
    expect(await registry.getDeployment('production')).toMatchObject({ pinnedBy: 'release-guard' });
    const third = await registerVersion(registry);
    await expect(stand.open(third, 'strict')).rejects.toThrow('was pinned by release-guard');

    // One that is promoted stays where it is.
    await registry.releases.unpin('production', PERSON);
    await stand.open(third, 'strict');
    await stand.judge({ kind: 'pass_gates', gates: GATES });
    await stand.judge({ kind: 'promote' });
    expect(await stand.judge({ kind: 'roll_back', targetProblem: null })).toMatchObject({
      state: 'held',
      resumes: false,
    });
    expect(await registry.getDeployment('production')).toMatchObject({
      incumbentVersionId: third.id,
      pinnedBy: 'release-guard',
    });
  });
});
