import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { artifactSettings, openArtifactStore } from '#artifacts';
import { openDatabase, type Database } from '#database';
import { TrainingQueue, trainingJobId } from '#jobs';
import { Registry } from '#registry';
import {
  HAS_REDIS,
  RedisServer,
  S3Server,
  createTestDatabase,
  guardAgainstLeaks,
  tinyCorpus,
  type TestDatabase,
} from '#testing';
import { DatabaseGate } from '../testing/database-gate.js';
import { ENDLESS, RunningTrainer, TINY } from '../testing/running-trainer.js';

guardAgainstLeaks();

/** On a machine that does much else. */
const PATIENT = { timeout: 180_000 };

let text: string;
let database: TestDatabase;
let trainer: RunningTrainer;
/** Ended after the trainer, which talks through it to the last. */
let gate: DatabaseGate | undefined;

beforeAll(async () => {
  const corpus = await tinyCorpus({ documents: 5, words: 200 });
  text = corpus.texts.join('\n\n');
  await corpus.remove();
});

beforeEach(async () => {
  database = await createTestDatabase();
});

afterEach(async () => {
  await trainer.close();
  await gate?.shut();
  gate = undefined;
  await database.close();
});

async function createJob(training_file: string, hyperparameters: object = TINY): Promise<string> {
  const method = { type: 'supervised', supervised: { hyperparameters } };
  const response = await trainer.fetch('/v1/fine_tuning/jobs', {
    body: { model: 'small', training_file, seed: 1, method },
  });
  expect(response.status).toBe(200);
  return ((await response.json()) as { id: string }).id;
}

async function readiness(): Promise<number> {
  return (await trainer.fetch('/health/ready')).status;
}

describe.skipIf(!HAS_REDIS)('a queue in Redis', PATIENT, () => {
  let redis: RedisServer;

  beforeEach(async () => {
    redis = await RedisServer.start();
    trainer = await RunningTrainer.start(database.connectionString, { REDIS_URL: redis.url });
  });

  afterEach(() => redis.close());

  it('that is killed loses no job: what it held and what came meanwhile is trained when it is back', async () => {
    const file = await trainer.upload(text);
    const running = await createJob(file, ENDLESS);
    await trainer.until(running, ({ progress }) => Number(progress?.['step'] ?? 0) > 0);
    const held = await createJob(file);

    await redis.kill();
    const meanwhile = await createJob(file);
    await expect.poll(readiness).toBe(503);
    const { progress } = await trainer.registry.getTrainingRun(running);
    // Training needs no queue.
    await trainer.until(running, (run) => Number(run.progress?.['step']) > Number(progress?.['step']));

    await redis.restart();
    await expect.poll(readiness, { timeout: 20_000 }).toBe(200);
    await trainer.fetch(`/v1/fine_tuning/jobs/${running}/cancel`, { method: 'POST' });
    for (const id of [held, meanwhile]) {
      expect(await trainer.until(id, ({ finishedAt }) => finishedAt !== null)).toMatchObject({ state: 'succeeded' });
    }
    expect(await trainer.registry.getTrainingRun(running)).toMatchObject({ state: 'cancelled', attempt: 1 });
  });

  it('does not keep the trainer from ending when it is gone', async () => {
    await redis.kill();
    await expect.poll(readiness).toBe(503);
  });
});

describe.skipIf(!HAS_REDIS)('a database that goes away while the queue in Redis stays', PATIENT, () => {
  let redis: RedisServer;
  let way: DatabaseGate;
  let direct: Database;

  beforeEach(async () => {
    redis = await RedisServer.start();
    gate = way = await DatabaseGate.open(database.connectionString);
    direct = openDatabase(database);
    trainer = await RunningTrainer.start(way.connectionString, { REDIS_URL: redis.url });
  });

  afterEach(async () => {
    await direct.close();
    await redis.close();
  });

  it('loses no job that is taken off the queue meanwhile, and puts none there without a row', async () => {
    const queue = trainer.app.get(TrainingQueue);
    const corpusId = await trainer.upload(text);
    await way.shut();
    // Of a job, the row and what is on the queue were written before; the trainer cannot read the row when it takes the job.
    const run = { corpusId, preset: 'small', hyperparameters: TINY, seed: 1 };
    const { id } = await new Registry(direct).createTrainingRun(run);
    await queue.enqueue('train-model', { trainingRunId: id }, trainingJobId(id, 1));
    await expect.poll(() => queue.has(trainingJobId(id, 1)), { timeout: 60_000 }).toBe(false);
    const body = { model: 'small', training_file: corpusId };
    expect((await trainer.fetch('/v1/fine_tuning/jobs', { body })).status).toBe(503);
    expect(await queue.counts()).toEqual({ waiting: 0, active: 0 });

    await way.reopen();
    await expect.poll(readiness, { timeout: 60_000 }).toBe(200);
    const ended = await trainer.until(id, ({ finishedAt }) => finishedAt !== null);
    expect(ended).toMatchObject({ state: 'succeeded', attempt: 1 });
  });
});

describe('a store in an S3 bucket', PATIENT, () => {
  let s3: S3Server;

  beforeEach(async () => {
    s3 = await S3Server.start();
    trainer = await RunningTrainer.start(database.connectionString, s3.environment);
  });

  afterEach(() => s3.close());

  it('keeps files and models, which are read from there', async () => {
    const id = await trainer.train(text);
    const { modelVersionId, corpusId } = await trainer.until(id, ({ finishedAt }) => finishedAt !== null);
    const { bundleSha256 } = await trainer.registry.getModelVersion(modelVersionId ?? '');
    const store = await openArtifactStore(artifactSettings(trainer.config));
    await store.verifyBundle(bundleSha256);
    store.close();
    expect(await (await trainer.fetch(`/v1/files/${corpusId}/content`)).text()).toBe(text);
    await trainer.fetch(`/v1/files/${corpusId}`, { method: 'DELETE' });
    expect(s3.requests.filter((request) => request.startsWith('DELETE'))).toHaveLength(1);
  });

  it('that is away when a job begins or ends makes it wait, and costs it no attempt', async () => {
    const file = await trainer.upload(text);
    await s3.stop();
    const late = await createJob(file);
    await trainer.until(late, ({ attempt }) => attempt > 1);
    expect((await trainer.fetch(`/v1/files/${file}/content`)).status).toBe(503);
    await s3.restart();
    expect(await trainer.until(late, ({ finishedAt }) => finishedAt !== null)).toMatchObject({ state: 'succeeded' });

    const trained = await createJob(file, { ...TINY, n_epochs: 6, early_stopping_patience: 0 });
    await trainer.until(trained, ({ progress }) => Number(progress?.['step'] ?? 0) > 0);
    await s3.stop();
    await trainer.untilEvent(trained, /^The model is trained and waits until it can be stored\. .*cannot be reached/);
    await s3.restart();
    const ended = await trainer.until(trained, ({ finishedAt }) => finishedAt !== null);
    expect(ended).toMatchObject({ state: 'succeeded', attempt: 1 });
  });
});
