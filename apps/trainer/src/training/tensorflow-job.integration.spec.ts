import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FolderArtifactStore } from '#artifacts';
import { createTestDatabase, guardAgainstLeaks, tinyCorpus, type TestDatabase } from '#testing';
import { RunningTrainer } from '../testing/running-trainer.js';

guardAgainstLeaks();

let database: TestDatabase;
let trainer: RunningTrainer | undefined;

beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await trainer?.close();
  await database.close();
});

describe('a job with ENGINE=tensorflow', { timeout: 180_000 }, () => {
  it('is computed by TensorFlow.js, registers a version, and says so in job, events and card', async () => {
    const corpus = await tinyCorpus({ documents: 5, words: 100 });
    const text = corpus.texts.join('\n\n');
    await corpus.remove();
    trainer = await RunningTrainer.start(database.connectionString, { ENGINE: 'tensorflow', DEVICE: 'cpu' });
    const id = await trainer.train(text, { hyperparameters: { max_train_tokens: 400 } });
    const run = await trainer.until(id, ({ finishedAt }) => finishedAt !== null);
    expect(run).toMatchObject({ state: 'succeeded', error: null });
    expect(run.progress).toMatchObject({ engine: 'tensorflow', device: 'cpu' });
    await trainer.untilEvent(id, /by tensorflow on cpu/);
    const { bundleSha256 } = await trainer.registry.getModelVersion(run.modelVersionId ?? '');
    const bundle = await new FolderArtifactStore(trainer.config.artifactDir).openBundle(bundleSha256);
    expect(await readFile(join(bundle, 'card.md'), 'utf8')).toContain('Trained by tensorflow on cpu');
  });
});
