import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Logger } from '@nestjs/common';
import { FolderArtifactStore } from '#artifacts';
import { openDatabase, type Database } from '#database';
import type { TrainingEvent } from '#language-model';
import { Registry, type TrainingRun } from '#registry';
import { createTestDatabase, guardAgainstLeaks, type TestDatabase } from '#testing';
import { CheckpointRecorder } from './checkpoint-recorder.js';

guardAgainstLeaks();

const RULES = { checkpointKeepEvery: 0, runLostAfterMs: 1000 };

let test: TestDatabase;
let database: Database;
let registry: Registry;
let folder: string;
let store: FolderArtifactStore;
let run: TrainingRun;
let lost: number;

beforeAll(() => {
  Logger.overrideLogger(false);
});

beforeEach(async () => {
  test = await createTestDatabase();
  database = openDatabase(test);
  registry = new Registry(database);
  folder = await mkdtemp(join(tmpdir(), 'understudy-checkpoints-'));
  store = new FolderArtifactStore(join(folder, 'store'));
  lost = 0;
  const file = { filename: 'a.txt', sizeBytes: 1, sha256: 'c'.repeat(64), purpose: 'fine-tune' };
  const { id: corpusId } = await registry.createCorpus(file);
  const { id } = await registry.createTrainingRun({ corpusId, preset: 'small', seed: 1 });
  ({ run } = await registry.startRun(id));
});

afterEach(async () => {
  await database.close();
  await test.close();
  await rm(folder, { recursive: true, force: true });
});

function recorder(artifacts = store, of = run): CheckpointRecorder {
  return new CheckpointRecorder(registry, artifacts, of, RULES, () => (lost += 1));
}

const scores = (
  lossNats: number,
): { tokens: number; lossNats: number; perplexity: number; top1: number; top5: number } => ({
  tokens: 10,
  lossNats,
  perplexity: Math.exp(lossNats),
  top1: 0.2,
  top5: 0.4,
});

/** What the training process tells at an evaluation, with a bundle in a folder of its own. */
async function checkpointAt(step: number, lossNats = 5): Promise<Extract<TrainingEvent, { type: 'checkpoint' }>> {
  const bundleFolder = join(folder, 'work', `step-${step}`);
  await mkdir(bundleFolder, { recursive: true });
  const weights = `weights of step ${step}`;
  const sha256 = createHash('sha256').update(weights).digest('hex');
  const files = [{ path: 'weights', sha256, sizeBytes: weights.length }];
  await writeFile(join(bundleFolder, 'weights'), weights);
  await writeFile(
    join(bundleFolder, 'manifest.json'),
    JSON.stringify({ format: 'understudy-bundle', version: 1, files }),
  );
  const [train, validation] = [scores(lossNats), scores(lossNats)];
  const at = { step, epoch: 1 };
  const evaluation = {
    ...at,
    type: 'evaluation',
    trainingSeconds: 1,
    train,
    validation,
    gapPoints: 0,
    sample: 'x',
  } as const;
  return { ...at, type: 'checkpoint', trainedTokens: step * 10, bundleFolder, evaluation };
}

async function warnings(): Promise<string[]> {
  const { items } = await registry.listRunEvents(run.id);
  return items.filter(({ level }) => level === 'warn').map(({ message }) => message);
}

describe('the recorder of checkpoints', () => {
  it('stores and registers each in turn, and removes the folders that they came in', async () => {
    const checkpoints = recorder();
    for (const step of [10, 20, 30]) checkpoints.take(await checkpointAt(step, 100 / step));
    await checkpoints.drain();
    const { items } = await registry.checkpoints.list({ trainingRunId: run.id });
    expect(items).toMatchObject([{ step: 30, number: 3, epoch: 1, trainedTokens: 300 }]);
    expect(items[0]?.metrics).toMatchObject({ gapPoints: 0, train: { top1: 0.2 }, sample: 'x' });
    expect(items[0]?.hyperparameters).toMatchObject({ lstmUnits: 256, numLayers: 2 });
    expect(await readdir(await store.openBundle(items[0]?.bundleSha256 ?? ''))).toContain('weights');
    expect(await readdir(join(folder, 'work'))).toEqual([]);
    expect([lost, await warnings()]).toEqual([0, []]);
  });

  it('tells of one that cannot be stored, which costs the run nothing', async () => {
    await writeFile(join(folder, 'file'), '');
    const checkpoints = recorder(new FolderArtifactStore(join(folder, 'file')));
    checkpoints.take(await checkpointAt(10));
    await checkpoints.drain();
    expect(await warnings()).toEqual([
      expect.stringMatching(/^The checkpoint of step 10 could not be kept: .*ARTIFACT_DIR/),
    ]);
    expect((await registry.getTrainingRun(run.id)).state).toBe('running');
    expect(await readdir(join(folder, 'work'))).toEqual([]);
    expect(lost).toBe(0);
  });

  it('says that the run is lost when another worker has it, and registers nothing', async () => {
    const checkpoints = recorder(store, { ...run, fence: run.fence - 1 });
    checkpoints.take(await checkpointAt(10));
    await checkpoints.drain();
    expect(lost).toBe(1);
    expect((await registry.checkpoints.list({ trainingRunId: run.id })).items).toEqual([]);
    expect(await readdir(join(folder, 'work'))).toEqual([]);
  });
});
