import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, guardAgainstLeaks, tinyCorpus, type TestDatabase } from '#testing';
import { fillDisk } from '../testing/full-disk.js';
import { ENDLESS, RunningTrainer } from '../testing/running-trainer.js';
import type { TrainerOverrides } from '../create-trainer.js';

guardAgainstLeaks();

const ON_A_FULL_DISK = fileURLToPath(new URL('../testing/full-disk-child.js', import.meta.url));

let database: TestDatabase;
let trainer: RunningTrainer | undefined;
let text: string;
let emptyDisk: (() => void) | undefined;

beforeEach(async () => {
  const corpus = await tinyCorpus({ documents: 10, words: 200 });
  text = corpus.texts.join('\n\n');
  await corpus.remove();
  database = await createTestDatabase();
});

afterEach(async () => {
  emptyDisk?.();
  emptyDisk = undefined;
  await trainer?.close();
  trainer = undefined;
  await database.close();
});

async function start(settings: Record<string, string> = {}, overrides: TrainerOverrides = {}): Promise<RunningTrainer> {
  trainer = await RunningTrainer.start(database.connectionString, settings, overrides);
  return trainer;
}

/** Waits for the end of the run, which must have failed with nothing of it registered and nothing of it left on the disk. */
async function expectFailure(running: RunningTrainer, id: string, error: object): Promise<void> {
  const run = await running.until(id, ({ finishedAt }) => finishedAt !== null);
  expect(run).toMatchObject({ state: 'failed', error, modelVersionId: null });
  const job = (await (await running.fetch(`/v1/fine_tuning/jobs/${id}`)).json()) as object;
  expect(job).toMatchObject({ status: 'failed', error, fine_tuned_model: null });
  expect((await running.registry.listModelVersions()).items).toEqual([]);
  await expect.poll(() => readdir(running.config.runsDir)).toEqual([]);
}

describe('a learning rate that is too high', () => {
  it.each([
    ['whose steps grow without bounds', { learning_rate: 1, weight_decay: 10 }, /not a finite number at step \d+/],
    [
      'that keeps the loss above guessing',
      { learning_rate: 1, learning_rate_multiplier: 10 },
      /loss of the \d+ steps up to step \d+ is [\d.]+ nats; the limit is [\d.]+/,
    ],
  ])('(%s) ends its job with training_diverged, and what it measured is kept', async (_, settings, message) => {
    const running = await start();
    const hyperparameters = { ...ENDLESS, n_epochs: 20, ...settings };
    const id = await running.train(text, { hyperparameters });
    await expectFailure(running, id, {
      code: 'training_diverged',
      message: expect.stringMatching(message) as string,
    });
    const run = await running.registry.getTrainingRun(id);
    expect(run.error?.message).toMatch(/Lower learning_rate/);
    const results = await running.fetch(`/v1/files/${run.resultFileId ?? ''}/content`);
    expect((await results.text()).split('\n').length).toBeGreaterThan(2);
  });
});

describe('a full disk', () => {
  it.each([
    ['the documents of the corpus', 'corpus', {}],
    ['the training state', 'state', { CHECKPOINT_INTERVAL_SECONDS: '0' }],
    ['the bundle of the model', 'bundle', {}],
  ])('without room for %s ends the job with disk_full', async (_, folder, settings) => {
    const running = await start(settings, { childScript: ON_A_FULL_DISK });
    const id = await running.train(text, { filename: `${folder}.txt` });
    await expectFailure(running, id, {
      code: 'disk_full',
      message: expect.stringMatching(/room/) as string,
    });
  });

  it('without room for the trained model in the artifact store ends the job with disk_full', async () => {
    const running = await start();
    const corpusId = await running.upload(text);
    const { artifactDir } = running.config;
    const before = await readdir(artifactDir, { recursive: true });
    emptyDisk = fillDisk((path) => path.startsWith(artifactDir));
    const { id } = await running.registry.createTrainingRun({
      corpusId,
      preset: 'small',
      seed: 1,
      hyperparameters: { ...ENDLESS, n_epochs: 1 },
    });
    await expectFailure(running, id, {
      code: 'disk_full',
      message: expect.stringContaining('ARTIFACT_DIR') as string,
    });
    const after = await readdir(artifactDir, { recursive: true });
    expect(after.filter((name) => !before.includes(name))).toEqual([]);
  });

  it('without room for an upload answers 507 disk_full, and leaves nothing', async () => {
    const running = await start();
    emptyDisk = fillDisk((path) => path.startsWith(running.config.artifactDir));
    const form = new FormData();
    form.append('purpose', 'fine-tune');
    form.append('file', new Blob([text]), 'corpus.txt');
    const response = await running.fetch('/v1/files', { body: form });
    expect(response.status).toBe(507);
    expect(await response.json()).toMatchObject({ error: { code: 'disk_full', type: 'server_error' } });
    expect((await running.registry.listCorpora()).items).toEqual([]);
    expect(await readdir(running.config.artifactDir, { recursive: true })).toEqual(['incoming']);
  });
});
