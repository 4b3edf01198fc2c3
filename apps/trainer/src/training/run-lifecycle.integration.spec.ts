import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FolderArtifactStore } from '#artifacts';
import { createTestDatabase, guardAgainstLeaks, tinyCorpus, type TestDatabase, type TinyCorpus } from '#testing';
import { ENDLESS, RunningTrainer } from '../testing/running-trainer.js';

guardAgainstLeaks();

/** Two thousand steps, two seconds at the least: long enough to be interrupted on a quick machine. */
const SHORT = { n_epochs: 32, early_stopping_patience: 0 };
/** On a machine that does much else. */
const PATIENT = { timeout: 180_000 };

let corpus: TinyCorpus;
let text: string;
let database: TestDatabase;
const opened: RunningTrainer[] = [];

beforeAll(async () => {
  corpus = await tinyCorpus({ documents: 5, words: 200 });
  text = corpus.texts.join('\n\n');
});

afterAll(() => corpus.remove());

beforeEach(async () => {
  database = await createTestDatabase();
});

afterEach(async () => {
  for (const trainer of opened.splice(0).reverse()) await trainer.close();
  await database.close();
});

async function start(settings: Record<string, string> = {}): Promise<RunningTrainer> {
  const trainer = await RunningTrainer.start(database.connectionString, settings);
  opened.push(trainer);
  return trainer;
}

/** Asks for something to be done with a job; the answer's body. */
async function ask(trainer: RunningTrainer, id: string, what: string): Promise<{ status: string; error?: unknown }> {
  const response = await trainer.fetch(`/v1/fine_tuning/jobs/${id}/${what}`, { method: 'POST' });
  return (await response.json()) as { status: string };
}

async function weightsOf(trainer: RunningTrainer, id: string): Promise<string | undefined> {
  const { modelVersionId } = await trainer.until(id, ({ finishedAt }) => finishedAt !== null);
  const { bundleSha256 } = await trainer.registry.getModelVersion(modelVersionId ?? '');
  const path = new FolderArtifactStore(trainer.config.artifactDir).path(bundleSha256);
  const { files } = JSON.parse(await readFile(path, 'utf8')) as { files: { path: string; sha256: string }[] };
  return files.find((file) => file.path.endsWith('.safetensors'))?.sha256;
}

describe('a paused job', PATIENT, () => {
  it('gives the device free, goes on from where it was, and ends with the weights of one that was never paused', async () => {
    const trainer = await start({ CHECKPOINT_INTERVAL_SECONDS: '600' });
    const id = await trainer.train(text, { hyperparameters: SHORT });
    await trainer.until(id, ({ progress }) => Number(progress?.['step'] ?? 0) > 0);
    expect((await ask(trainer, id, 'pause')).status).toMatch(/^(running|paused)$/);
    const paused = await trainer.until(id, ({ state }) => state === 'paused');
    expect(paused.savedStep).toBeGreaterThan(0);
    await expect.poll(() => readdirSync(join(trainer.config.runsDir, id, 'attempt-1'))).toEqual(['state']);

    const other = await trainer.train(text, { hyperparameters: SHORT });
    const undisturbed = await weightsOf(trainer, other);

    await ask(trainer, id, 'resume');
    expect(await weightsOf(trainer, id)).toBe(undisturbed);
    expect(await trainer.registry.getTrainingRun(id)).toMatchObject({ state: 'succeeded', attempt: 2 });
    const [, resumedAt] = await trainer.untilEvent(id, /^Going on from step (\d+)/);
    expect(Number(resumedAt)).toBe(paused.savedStep);
    await expect.poll(() => readdirSync(trainer.config.runsDir)).toEqual([]);
  });

  it('keeps its state over a restart of the trainer, and loses it when it is cancelled', async () => {
    const first = await start();
    const id = await first.train(text, { hyperparameters: ENDLESS });
    await first.until(id, ({ progress }) => Number(progress?.['step'] ?? 0) > 0);
    await ask(first, id, 'pause');
    await first.until(id, ({ state }) => state === 'paused');
    await first.app.close();
    const { dataDir } = first.config;
    const second = await start({ DATA_DIR: dataDir });
    const state = join(dataDir, 'runs', id, 'attempt-1', 'state');
    expect(existsSync(state)).toBe(true);
    expect(await ask(second, id, 'cancel')).toMatchObject({ status: 'cancelled' });
    await expect.poll(() => existsSync(state)).toBe(false);
    expect((await ask(second, id, 'resume')).error).toMatchObject({ code: 'conflict' });
  });
});

describe('a job that runs for too long', () => {
  it('fails with the time that it may run, pauses not counted', async () => {
    const trainer = await start({ MAX_RUN_SECONDS: '1' });
    const id = await trainer.train(text, { hyperparameters: ENDLESS });
    const run = await trainer.until(id, ({ finishedAt }) => finishedAt !== null);
    expect(run).toMatchObject({
      state: 'failed',
      error: { code: 'run_time_exceeded', message: expect.stringContaining('MAX_RUN_SECONDS, 1 s') as string },
      modelVersionId: null,
    });
    expect(run.runMs).toBeGreaterThanOrEqual(1000);
  });
});

describe('a job', PATIENT, () => {
  it('tells what computes it', async () => {
    const trainer = await start();
    const id = await trainer.train(text, { hyperparameters: SHORT });
    await trainer.until(id, ({ progress }) => Number(progress?.['step'] ?? 0) > 0);
    const job = (await (await trainer.fetch(`/v1/fine_tuning/jobs/${id}`)).json()) as { progress: unknown };
    expect(job.progress).toMatchObject({ engine: 'onnxruntime', device: 'cpu' });
    await trainer.until(id, ({ finishedAt }) => finishedAt !== null);
  });

  it('fails with what is missing where the device that DEVICE asks for cannot be used', async () => {
    // TensorFlow.js has no WebGPU in Node.js, whatever the machine has.
    const trainer = await start({ ENGINE: 'tensorflow', DEVICE: 'webgpu' });
    const id = await trainer.train(text);
    const run = await trainer.until(id, ({ finishedAt }) => finishedAt !== null);
    expect(run).toMatchObject({ state: 'failed', error: { code: 'device_unavailable' }, modelVersionId: null });
  });
});

describe('two trainers on one machine', PATIENT, () => {
  it('train one run at a time; on another machine, or after the first has let go, the second one goes ahead', async () => {
    const first = await start({ MACHINE_NAME: 'box' });
    const busy = await first.train(text, { hyperparameters: ENDLESS });
    await first.until(busy, ({ state }) => state === 'running');
    const second = await start({ MACHINE_NAME: 'box', DATA_DIR: first.config.dataDir });
    const waiting = await second.train(text, { hyperparameters: ENDLESS });
    // Both have looked at it more than once by now.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(await first.registry.getTrainingRun(waiting)).toMatchObject({ state: 'queued', attempt: 0 });
    const third = await start({ MACHINE_NAME: 'other', DATA_DIR: first.config.dataDir });
    await third.until(waiting, ({ state }) => state === 'running');
    const last = await second.train(text, { hyperparameters: ENDLESS });
    await first.registry.requestCancel(busy);
    await first.until(last, ({ state }) => state === 'running');
    for (const id of [waiting, last]) {
      await first.registry.requestCancel(id);
      await first.until(id, ({ finishedAt }) => finishedAt !== null);
    }
  });
});
