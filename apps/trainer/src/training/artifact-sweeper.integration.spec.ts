import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FolderArtifactStore } from '#artifacts';
import { createTestDatabase, guardAgainstLeaks, tinyCorpus, type TestDatabase } from '#testing';
import { RunningTrainer } from '../testing/running-trainer.js';
import { ArtifactSweeper } from './artifact-sweeper.js';

guardAgainstLeaks();

let database: TestDatabase;
let trainer: RunningTrainer;
let text: string;

beforeAll(async () => {
  const corpus = await tinyCorpus({ documents: 10, words: 200 });
  text = corpus.texts.map((document) => JSON.stringify({ text: document })).join('\n');
  await corpus.remove();
  database = await createTestDatabase();
  trainer = await RunningTrainer.start(database.connectionString, {
    ARTIFACT_GRACE_MS: '0',
    CHECKPOINT_KEEP_EVERY: '0',
  });
});

afterAll(async () => {
  await trainer.close();
  await database.close();
});

async function storedFiles(): Promise<number> {
  const blobs = await readdir(join(trainer.config.artifactDir, 'blobs'), { recursive: true, withFileTypes: true });
  return blobs.filter((entry) => entry.isFile()).length;
}

describe('the sweeper of artifacts', () => {
  it('leaves what versions, checkpoints and files need, and removes what retention gave up', async () => {
    const store = new FolderArtifactStore(trainer.config.artifactDir);
    const id = await trainer.train(text, { filename: 'corpus.jsonl', hyperparameters: { n_epochs: 4 } });
    const run = await trainer.until(id, ({ finishedAt }) => finishedAt !== null);
    expect(run.state).toBe('succeeded');
    const { items: kept } = await trainer.registry.checkpoints.list({ trainingRunId: id });
    // The best and the last; more were taken.
    expect(kept.length).toBeLessThanOrEqual(2);
    expect(kept[0]?.number).toBeGreaterThan(2);
    const before = await storedFiles();
    await trainer.app.get(ArtifactSweeper, { strict: false }).sweep();
    expect(await storedFiles()).toBeLessThan(before);

    const version = await trainer.registry.getModelVersion(run.modelVersionId ?? '');
    for (const { bundleSha256 } of [version, ...kept]) await store.openBundle(bundleSha256);
    const corpus = await trainer.registry.getCorpus(run.corpusId);
    await store.verify(corpus.sha256);
    // The card of the version, uploaded as a text and deleted.
    const folder = await store.openBundle(version.bundleSha256);
    const copy = await trainer.upload(await readFile(join(folder, 'card.md'), 'utf8'), 'card.md');
    expect((await trainer.fetch(`/v1/files/${copy}`, { method: 'DELETE' })).status).toBe(200);
    await store.openBundle(version.bundleSha256);
    const after = await storedFiles();
    await trainer.app.get(ArtifactSweeper, { strict: false }).sweep();
    expect(await storedFiles()).toBe(after);
  });
});
