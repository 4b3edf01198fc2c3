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
  registry = new Registry(database);
});
afterEach(async () => {
  await database.close();
  await test.close();
});

const ACTOR = { actor: 'me', reason: 'no room', requestId: 'req_1' };

function promote(versionId: string): Promise<unknown> {
  return registry.promote({ deployment: 'production', versionId, actor: 'me' });
}

describe('a model version that is deleted', () => {
  it('is named, listed and continued from no more, and its bytes are given up after a while', async () => {
    const { id, bundleSha256 } = await registerVersion(registry);
    const kept = await registerVersion(registry);
    const deleted = await registry.deleteModelVersion(id, ACTOR);
    expect(deleted.deletedAt).toBeInstanceOf(Date);
    const corpus = await registry.createCorpus({
      filename: 'a.txt',
      sizeBytes: 1,
      sha256: '0'.repeat(64),
      purpose: 'fine-tune',
    });
    const run = { corpusId: corpus.id, preset: 'small', seed: 1, baseVersionId: id };
    for (const step of [
      (): unknown => registry.getModelVersion(id),
      (): unknown => registry.resolveModel(id),
      (): unknown => registry.createTrainingRun(run),
      (): unknown => promote(id),
      (): unknown => registry.deleteModelVersion(id, ACTOR),
    ]) {
      await expect(step()).rejects.toMatchObject({ code: 'model_not_found' });
    }
    expect((await registry.listModelVersions()).items).toEqual([kept]);
    expect((await registry.listLiveArtifacts({ removedWithinMs: 60_000 })).bundles).toContain(bundleSha256);
    expect((await registry.listLiveArtifacts({ removedWithinMs: 0 })).bundles).toEqual([kept.bundleSha256]);
    expect((await registry.listAudit({ subject: id })).items[0]).toMatchObject({
      action: 'version.delete',
      ...ACTOR,
      data: { bundleSha256 },
    });
  });

  it('stays as it was', async () => {
    const { id } = await registerVersion(registry);
    await registry.deleteModelVersion(id, ACTOR);
    for (const change of ['deleted_at = NULL', 'deleted_at = now()', `state = 'rejected'`]) {
      await expect(database.pool.query(`UPDATE model_versions SET ${change}`)).rejects.toThrow('is deleted');
    }
  });

  it('does not serve and is no rollback target; one that served before can go', async () => {
    const [first, second, third] = [
      await registerVersion(registry),
      await registerVersion(registry),
      await registerVersion(registry),
    ];
    for (const { id } of [first, second, third]) await promote(id);
    for (const { id } of [second, third]) {
      await expect(registry.deleteModelVersion(id, ACTOR)).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringContaining('production') as string,
      });
    }
    await registry.deleteModelVersion(first.id, ACTOR);
    const back = registry.rollback({ deployment: 'production', to: first.id, actor: 'me' });
    await expect(back).rejects.toMatchObject({ code: 'model_not_found' });
    expect(await registry.getDeployment('production')).toMatchObject({ incumbentVersionId: third.id });
  });

  it('is needed by no job and no experiment that has not ended', async () => {
    const { id, trainingRunId } = await registerVersion(registry);
    const { corpusId } = await registry.getTrainingRun(trainingRunId ?? '');
    const run = await registry.createTrainingRun({ corpusId, preset: 'small', seed: 1, baseVersionId: id });
    await expect(registry.deleteModelVersion(id, ACTOR)).rejects.toMatchObject({
      message: expect.stringContaining(run.id) as string,
    });
    await registry.requestCancel(run.id);
    const plan = {
      corpusId,
      policy: 'measured',
      fromPreset: 'small',
      toPreset: 'medium',
      fallbackPreset: null,
      seed: 1,
    };
    const experiment = await registry.upgradeExperiments.create({ ...plan, fromRunId: trainingRunId });
    await expect(registry.deleteModelVersion(id, ACTOR)).rejects.toMatchObject({
      message: expect.stringContaining(experiment.id) as string,
    });
    await registry.upgradeExperiments.cancel(experiment.id);
    await registry.deleteModelVersion(id, ACTOR);
    const again = registry.upgradeExperiments.create({ ...plan, fromRunId: trainingRunId });
    await expect(again).rejects.toMatchObject({ code: 'invalid_value', param: 'from_job' });
  });

  it('or promoted: of both at once one happens', async () => {
    for (let round = 0; round < 10; round++) {
      const { id } = await registerVersion(registry);
      const [promotion, deletion] = await Promise.allSettled([promote(id), registry.deleteModelVersion(id, ACTOR)]);
      expect([promotion.status, deletion.status].sort()).toEqual(['fulfilled', 'rejected']);
      const { incumbentVersionId } = await registry.getDeployment('production');
      expect(incumbentVersionId === id).toBe(promotion.status === 'fulfilled');
    }
  });
});
