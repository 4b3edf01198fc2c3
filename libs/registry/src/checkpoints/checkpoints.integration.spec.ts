import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '#database';
import { createTestDatabase, guardAgainstLeaks, registerVersion, type TestDatabase } from '#testing';
import { Registry, type Checkpoint } from '../index.js';
import type { NewCheckpoint, NewTrainingRun } from '../inputs.js';

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

const KEEP_ALL = { keepEvery: 1 };
const KEEP_FEWEST = { keepEvery: 0 };

const digits = (seed: number): string => String(seed).padStart(64, '0');

function checkpointAt(step: number, validationLossNats = 5): NewCheckpoint {
  return {
    step,
    epoch: 1,
    trainedTokens: step * 100,
    bundleSha256: digits(step),
    hyperparameters: { lstmUnits: 8 },
    validationLossNats,
    metrics: { validation: { lossNats: validationLossNats } },
  };
}

async function queuedRun(run: Partial<NewTrainingRun> = {}): Promise<string> {
  const corpus = await registry.createCorpus({
    filename: 'a.txt',
    sizeBytes: 1,
    sha256: 'c'.repeat(64),
    purpose: 'fine-tune',
  });
  return (await registry.createTrainingRun({ corpusId: corpus.id, preset: 'small', seed: 1, ...run })).id;
}

async function runningRun(run: Partial<NewTrainingRun> = {}): Promise<{ id: string; fence: number }> {
  const id = await queuedRun(run);
  return { id, fence: (await registry.startRun(id)).fence };
}

async function steps(trainingRunId: string): Promise<number[]> {
  return (await registry.checkpoints.list({ trainingRunId })).items.map(({ step }) => step);
}

describe('a checkpoint', () => {
  it('is named after the model of its run, is listed last step first, and is found by id and name', async () => {
    const { id, fence } = await runningRun({ preset: 'medium', suffix: 'news' });
    const first = await registry.checkpoints.record(id, fence, checkpointAt(10), KEEP_ALL);
    const second = await registry.checkpoints.record(id, fence, checkpointAt(20), KEEP_ALL);
    const third = await registry.checkpoints.record(id, fence, checkpointAt(30), KEEP_ALL);
    const { modelId } = await registry.getTrainingRun(id);
    expect(first).toMatchObject({
      ...checkpointAt(10),
      id: expect.stringMatching(/^ftckpt-[A-Za-z0-9]{22}$/) as string,
      modelId: `${modelId}:ckpt-step-10`,
      trainingRunId: id,
      preset: 'medium',
      number: 1,
    });
    const page = await registry.checkpoints.list({ trainingRunId: id, limit: 2 });
    expect(page).toEqual({ items: [third, second], hasMore: true });
    const rest = await registry.checkpoints.list({ trainingRunId: id, limit: 2, after: second.id });
    expect(rest).toEqual({ items: [first], hasMore: false });
    for (const name of [first.id, first.modelId]) expect(await registry.checkpoints.find(name)).toEqual(first);
    expect(await registry.checkpoints.find('ftckpt-none')).toBeNull();
    await expect(registry.checkpoints.list({ trainingRunId: 'ftjob-none' })).rejects.toMatchObject({
      code: 'job_not_found',
    });
  });

  it('belongs to the worker that has the run: any other changes nothing', async () => {
    const { id, fence } = await runningRun();
    await expect(registry.checkpoints.record(id, fence - 1, checkpointAt(1), KEEP_ALL)).rejects.toMatchObject({
      code: 'conflict',
    });
    await registry.cancelRun(id, fence);
    await expect(registry.checkpoints.record(id, fence, checkpointAt(1), KEEP_ALL)).rejects.toMatchObject({
      code: 'conflict',
    });
    expect(await steps(id)).toEqual([]);
  });

  it('stays what it is when the run comes by its step again', async () => {
    const { id, fence } = await runningRun();
    const first = await registry.checkpoints.record(id, fence, checkpointAt(10), KEEP_ALL);
    await registry.checkpoints.record(id, fence, checkpointAt(20), KEEP_ALL);
    const again = { ...checkpointAt(10), bundleSha256: digits(99), metrics: {} };
    expect(await registry.checkpoints.record(id, fence, again, KEEP_ALL)).toEqual(first);
    expect(await steps(id)).toEqual([20, 10]);
  });

  it.each(['step = 9', `bundle_sha256 = repeat('0', 64)`, `metrics = '{}'`, `model_id = 'x'`, 'number = 9'])(
    'never changes: the database refuses %s',
    async (change) => {
      const { id, fence } = await runningRun();
      await registry.checkpoints.record(id, fence, checkpointAt(10), KEEP_ALL);
      await expect(database.pool.query(`UPDATE checkpoints SET ${change}`)).rejects.toThrow('is immutable');
    },
  );

  it('cannot come back once it was removed', async () => {
    const { id, fence } = await runningRun();
    await registry.checkpoints.record(id, fence, checkpointAt(10), KEEP_ALL);
    await database.pool.query('UPDATE checkpoints SET removed_at = now()');
    await expect(database.pool.query('UPDATE checkpoints SET removed_at = NULL')).rejects.toThrow('is immutable');
    await registry.checkpoints.record(id, fence, checkpointAt(10), KEEP_ALL);
    expect(await steps(id)).toEqual([]);
  });
});

describe('retention of checkpoints', () => {
  it('leaves the best, the last and every so many-th, of this run alone', async () => {
    const other = await runningRun();
    await registry.checkpoints.record(other.id, other.fence, checkpointAt(1), KEEP_ALL);
    await registry.checkpoints.record(other.id, other.fence, checkpointAt(2), KEEP_ALL);
    const { id, fence } = await runningRun();
    for (const [index, loss] of [9, 4, 8, 7, 8, 7, 9].entries()) {
      await registry.checkpoints.record(id, fence, checkpointAt(10 * (index + 1), loss), { keepEvery: 3 });
    }
    expect(await steps(id)).toEqual([70, 60, 30, 20]);
    expect(await steps(other.id)).toEqual([2, 1]);
  });

  it('keeps what a run continues from, until that run has ended', async () => {
    const { id, fence } = await runningRun();
    const base = await registry.checkpoints.record(id, fence, checkpointAt(10, 9), KEEP_FEWEST);
    const derived = await runningRun({ baseCheckpointId: base.id });
    await registry.checkpoints.record(id, fence, checkpointAt(20, 8), KEEP_FEWEST);
    await registry.checkpoints.record(id, fence, checkpointAt(30, 7), KEEP_FEWEST);
    expect(await steps(id)).toEqual([30, 10]);
    expect(await registry.checkpoints.prune(KEEP_FEWEST)).toBe(0);
    await registry.cancelRun(derived.id, derived.fence);
    await registry.checkpoints.record(id, fence, checkpointAt(40, 6), KEEP_FEWEST);
    expect(await steps(id)).toEqual([40]);
    await expect(queuedRun({ baseCheckpointId: base.id })).rejects.toMatchObject({
      code: 'model_not_found',
      param: 'model',
    });
  });

  it('catches up with what was needed by a run, and with another rule', async () => {
    const { id, fence } = await runningRun();
    const bases: string[] = [];
    for (const [index, loss] of [9, 4, 8, 7].entries()) {
      bases.push((await registry.checkpoints.record(id, fence, checkpointAt(index + 1, loss), KEEP_ALL)).id);
    }
    const derived = await runningRun({ baseCheckpointId: bases[2] ?? null });
    expect(await registry.checkpoints.prune(KEEP_ALL)).toBe(0);
    expect(await registry.checkpoints.prune(KEEP_FEWEST)).toBe(1);
    expect(await steps(id)).toEqual([4, 3, 2]);
    await registry.cancelRun(id, fence);
    await registry.cancelRun(derived.id, derived.fence);
    expect(await registry.checkpoints.prune(KEEP_FEWEST)).toBe(1);
    expect(await steps(id)).toEqual([4, 2]);
    expect(await registry.checkpoints.prune(KEEP_FEWEST)).toBe(0);
  });

  it('and the start of a run from a checkpoint never cross: the run has its base, or is refused', async () => {
    const { id, fence } = await runningRun();
    const rounds = 8;
    for (let round = 0; round < rounds; round++) {
      const step = 100 * (round + 1);
      const base = await registry.checkpoints.record(id, fence, checkpointAt(step, 9 - round / 10), KEEP_FEWEST);
      const [started] = await Promise.allSettled([
        queuedRun({ baseCheckpointId: base.id }),
        registry.checkpoints.record(id, fence, checkpointAt(step + 50, 8.95 - round / 10), KEEP_FEWEST),
      ]);
      const isThere = (await registry.checkpoints.find(base.id)) !== null;
      expect(isThere).toBe(started.status === 'fulfilled');
    }
  });
});

describe('a run that continues', () => {
  it('from a checkpoint hands its lineage to the version that it makes', async () => {
    const { id, fence } = await runningRun();
    const base = await registry.checkpoints.record(id, fence, checkpointAt(10), KEEP_ALL);
    const derived = await runningRun({ baseCheckpointId: base.id });
    expect(await registry.getTrainingRun(derived.id)).toMatchObject({
      baseVersionId: null,
      baseCheckpointId: base.id,
      baseModelId: base.modelId,
    });
    const version = await registry.completeRun(derived.id, derived.fence, {
      bundleSha256: digits(7),
      dataSha256: digits(8),
      codeVersion: 'test',
      hyperparameters: {},
      parameters: 1,
      trainedTokens: 1,
      metrics: {},
    });
    expect(version).toMatchObject({ baseVersionId: null, baseCheckpointId: base.id });
  });

  it('from a version is told by its name, and from both is refused by the database', async () => {
    const version = await registerVersion(registry);
    const id = await queuedRun({ baseVersionId: version.id });
    expect(await registry.getTrainingRun(id)).toMatchObject({ baseModelId: version.id, baseCheckpointId: null });
    const { id: running, fence } = await runningRun();
    const base = await registry.checkpoints.record(running, fence, checkpointAt(10), KEEP_ALL);
    await expect(queuedRun({ baseVersionId: version.id, baseCheckpointId: base.id })).rejects.toThrow();
  });
});

describe('a checkpoint as a model', () => {
  it('is served under its name until it is removed', async () => {
    const { id, fence } = await runningRun();
    const checkpoint = await registry.checkpoints.record(id, fence, checkpointAt(10), KEEP_ALL);
    for (const name of [checkpoint.modelId, checkpoint.id]) {
      expect(await registry.resolveModel(name)).toMatchObject({
        id: checkpoint.modelId,
        preset: 'small',
        bundleSha256: checkpoint.bundleSha256,
      });
    }
    await database.pool.query('UPDATE checkpoints SET removed_at = now()');
    await expect(registry.resolveModel(checkpoint.modelId)).rejects.toMatchObject({ code: 'model_not_found' });
  });
});

describe('the bytes that are needed', () => {
  it('are named by columns that are all known here: a new one is read by findLiveArtifacts, or is not of stored bytes', async () => {
    const { rows } = await database.pool.query<{ name: string }>(
      `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
       WHERE table_schema = 'public' AND column_name LIKE '%sha256%' ORDER BY 1`,
    );
    const ofOtherBytes = ['model_versions.data_sha256'];
    expect(rows.map(({ name }) => name).filter((name) => !ofOtherBytes.includes(name))).toEqual([
      'checkpoints.bundle_sha256',
      'corpora.sha256',
      'model_versions.bundle_sha256',
    ]);
  });

  it('are those of files, versions and checkpoints, and of what was removed a moment ago', async () => {
    const version = await registerVersion(registry, { bundleSha256: digits(1) });
    const { id, fence } = await runningRun();
    const kept: Checkpoint = await registry.checkpoints.record(id, fence, checkpointAt(10, 9), KEEP_FEWEST);
    const bundles = async (removedWithinMs: number): Promise<string[]> =>
      [...(await registry.listLiveArtifacts({ removedWithinMs })).bundles].sort();
    expect(await bundles(0)).toEqual([version.bundleSha256, kept.bundleSha256].sort());
    const next = await registry.checkpoints.record(id, fence, checkpointAt(20, 8), KEEP_FEWEST);
    expect(await bundles(0)).toEqual([version.bundleSha256, next.bundleSha256].sort());
    expect(await bundles(3_600_000)).toContain(kept.bundleSha256);

    const corpus = await registry.createCorpus({
      filename: 'b.txt',
      sizeBytes: 1,
      sha256: 'f'.repeat(64),
      purpose: 'fine-tune',
    });
    const files = async (): Promise<readonly string[]> =>
      (await registry.listLiveArtifacts({ removedWithinMs: 0 })).files;
    expect(await files()).toContain(corpus.sha256);
    await registry.deleteCorpus(corpus.id, 'x');
    expect(await files()).not.toContain(corpus.sha256);
  });
});
