import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '#database';
import { createTestDatabase, guardAgainstLeaks, registerVersion, type TestDatabase } from '#testing';
import { Registry, type ModelVersion, type UpgradeExperiment } from '../index.js';

guardAgainstLeaks();
let test: TestDatabase;
let database: Database;
let registry: Registry;
let small: ModelVersion;
let medium: ModelVersion;

beforeEach(async () => {
  test = await createTestDatabase();
  database = openDatabase(test);
  registry = new Registry(database);
  small = await registerVersion(registry);
  medium = await registerVersion(registry, { preset: 'medium', corpusId: await corpusOf(small) });
});
afterEach(async () => {
  await database.close();
  await test.close();
});

const RELEASE = { deployment: 'production', policyName: 'default' };

async function corpusOf({ trainingRunId }: ModelVersion): Promise<string> {
  return (await registry.getTrainingRun(trainingRunId ?? '')).corpusId;
}

/** An experiment whose models are there, taken to its verdict. */
async function conclude(verdict: string, release: UpgradeExperiment['release'] = RELEASE): Promise<UpgradeExperiment> {
  const { id } = await registry.upgradeExperiments.create({
    corpusId: await corpusOf(small),
    policy: 'measured',
    fromPreset: 'small',
    toPreset: 'medium',
    fallbackPreset: null,
    fromRunId: small.trainingRunId,
    toRunId: medium.trainingRunId,
    seed: 1,
    release,
  });
  const { experiment } = await registry.upgradeExperiments.advance(id);
  const claimed = await registry.upgradeExperiments.claimStage(id, experiment.state, 60_000);
  const outcome = { next: 'succeeded', verdict, advice: {}, report: {}, message: `Verdict: ${verdict}.` } as const;
  return registry.upgradeExperiments.settleStage(id, claimed?.fence ?? 0, outcome);
}

async function lastEvent(id: string): Promise<{ level: string; message: string } | undefined> {
  return (await registry.upgradeExperiments.listEvents(id, { order: 'desc', limit: 1 })).items[0];
}

function promote({ id }: ModelVersion): Promise<unknown> {
  return registry.promote({ deployment: 'production', versionId: id, actor: 'me' });
}

describe('the verdict to upgrade', () => {
  it('opens the release of the larger model against what serves, which the timeline tells', async () => {
    await promote(small);
    const { id, releaseId, verdict } = await conclude('upgrade');
    expect(verdict).toBe('upgrade');
    const release = await registry.releases.get(releaseId ?? '');
    expect(release).toMatchObject({
      deployment: 'production',
      candidateVersionId: medium.id,
      incumbentVersionId: small.id,
      policyName: 'default',
      state: 'shadow',
      openedBy: `experiment:${id}`,
    });
    expect(await lastEvent(id)).toMatchObject({
      level: 'info',
      message: expect.stringContaining(release.id) as string,
    });
    const { items } = await registry.releases.listTimeline('production');
    expect(items.map(({ kind, actor }) => `${kind} ${actor ?? ''}`)).toContain(`opened experiment:${id}`);
  });

  it('stands without a release where none can be opened, and says why', async () => {
    const refused = async (reason: RegExp, release = RELEASE): Promise<void> => {
      const { id, releaseId, state } = await conclude('upgrade', release);
      expect({ releaseId, state }).toEqual({ releaseId: null, state: 'succeeded' });
      expect(await lastEvent(id)).toMatchObject({ level: 'warn', message: expect.stringMatching(reason) as string });
    };
    await refused(/serves no version yet/);
    await promote(small);
    await refused(/No deployment is called "elsewhere"/, { ...RELEASE, deployment: 'elsewhere' });
    await registry.releases.pin('production', { actor: 'me', reason: 'holidays' });
    await refused(/was pinned by me/);
    await registry.releases.unpin('production', { actor: 'me' });
    await promote(medium);
    await refused(/already serves/);
    await promote(small);
    const { releaseId } = await conclude('upgrade');
    await refused(new RegExp(`has an open release, ${releaseId ?? 'none'}`));
    expect((await registry.releases.list()).items).toHaveLength(1);
  });

  it('opens none that was not asked for, and no other verdict opens one', async () => {
    await promote(small);
    expect(await conclude('upgrade', null)).toMatchObject({ verdict: 'upgrade', releaseId: null });
    for (const verdict of ['keep_small', 'use_intermediate', 'collect_more_data'])
      expect(await conclude(verdict)).toMatchObject({ verdict, releaseId: null });
    expect((await registry.releases.list()).items).toEqual([]);
  });
});

describe('an experiment', () => {
  it('needs a policy that exists for its release', async () => {
    const refused = conclude('upgrade', { ...RELEASE, policyName: 'strict' });
    await expect(refused).rejects.toMatchObject({ code: 'policy_not_found' });
    expect(await registry.upgradeExperiments.listOpen()).toEqual([]);
  });
});
