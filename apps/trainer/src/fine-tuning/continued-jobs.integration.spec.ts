import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FolderArtifactStore } from '#artifacts';
import { createTestDatabase, guardAgainstLeaks, tinyCorpus, type TestDatabase } from '#testing';
import type { Checkpoint, ModelVersion, TrainingRun } from '#registry';
import { RunningTrainer, TINY } from '../testing/running-trainer.js';

guardAgainstLeaks();

let database: TestDatabase;
let trainer: RunningTrainer;
let file: string;
let version: ModelVersion;
let checkpoint: Checkpoint;

beforeAll(async () => {
  database = await createTestDatabase();
  trainer = await RunningTrainer.start(database.connectionString, { CHECKPOINT_KEEP_EVERY: '1' });
  const text = await textOf(1);
  const run = await ended(await trainer.train(text, { filename: 'corpus.jsonl', hyperparameters: { n_epochs: 2 } }));
  file = run.corpusId;
  version = await trainer.registry.getModelVersion(run.modelVersionId ?? '');
  const { items } = await trainer.registry.checkpoints.list({ trainingRunId: run.id });
  const [last] = items;
  if (last === undefined) throw new Error('the run has no checkpoint');
  checkpoint = last;
});

afterAll(async () => {
  await trainer.close();
  await database.close();
});

async function textOf(seed: number): Promise<string> {
  const corpus = await tinyCorpus({ documents: 10, words: 200, seed });
  await corpus.remove();
  return corpus.texts.map((document) => JSON.stringify({ text: document })).join('\n');
}

async function ended(id: string): Promise<TrainingRun> {
  return trainer.until(id, ({ finishedAt }) => finishedAt !== null);
}

interface Answer {
  readonly id: string;
  readonly model: string;
  readonly hyperparameters: Record<string, unknown>;
  readonly error?: { readonly code: string; readonly param: string | null; readonly message: string };
}

async function create(body: object): Promise<Answer & { status: number }> {
  const response = await trainer.fetch('/v1/fine_tuning/jobs', { body: { training_file: file, seed: 1, ...body } });
  return { ...((await response.json()) as Answer), status: response.status };
}

const supervised = (hyperparameters: object): object => ({
  method: { type: 'supervised', supervised: { hyperparameters } },
});

/** The tokenizer in a bundle. */
async function tokenizerOf({ bundleSha256 }: { readonly bundleSha256: string }): Promise<string> {
  const folder = await new FolderArtifactStore(trainer.config.artifactDir).openBundle(bundleSha256);
  return readFile(join(folder, 'tokenizer.json'), 'utf8');
}

describe('a job that continues', () => {
  it.each([
    ['a version', () => version.id, () => ({ baseVersionId: version.id, baseCheckpointId: null })],
    [
      'a checkpoint by its name',
      () => checkpoint.modelId,
      () => ({ baseVersionId: null, baseCheckpointId: checkpoint.id }),
    ],
  ])('%s has its sizes and tokenizer, on other words, and tells its lineage', async (_, model, lineage) => {
    const other = await trainer.upload(
      `${await textOf(2)}\n${JSON.stringify({ text: 'zebra quagga okapi '.repeat(60) })}`,
      'other.jsonl',
    );
    const asked = { n_epochs: 1, batch_size: 2, sequence_length: 10 };
    const job = await create({ model: model(), training_file: other, suffix: 'more', ...supervised(asked) });
    expect(job).toMatchObject({ status: 200, model: model() });
    expect(job.hyperparameters).toMatchObject({ ...asked, embedding_dim: 8, lstm_units: 8, num_layers: 2 });
    const run = await ended(job.id);
    expect(run).toMatchObject({ state: 'succeeded', preset: 'small', ...lineage() });
    const made = await trainer.registry.getModelVersion(run.modelVersionId ?? '');
    expect(made).toMatchObject({ ...lineage(), number: expect.any(Number) as number, parameters: version.parameters });
    expect(made.id).toMatch(/^ft:small:more:/);
    const tokenizer = await tokenizerOf(version);
    expect(tokenizer).not.toContain('quagga');
    expect(await tokenizerOf(made)).toBe(tokenizer);
  });

  it('a checkpoint by its id is told by its name', async () => {
    const job = await create({
      model: checkpoint.id,
      ...supervised({ batch_size: 2, sequence_length: 10, n_epochs: 1 }),
    });
    expect(job.model).toBe(checkpoint.modelId);
    await trainer.fetch(`/v1/fine_tuning/jobs/${job.id}/cancel`, { method: 'POST' });
    await ended(job.id);
  });

  it.each([
    ['lstm_units', 16],
    ['embedding_dim', 16],
    ['num_layers', 1],
    ['tokenization', 'words'],
    ['max_vocab_size', 50],
  ])('cannot have another %s than its model', async (name, value) => {
    const answer = await create({ model: version.id, ...supervised({ [name]: value }) });
    expect(answer.status).toBe(400);
    expect(answer.error).toMatchObject({
      code: 'invalid_value',
      param: `method.supervised.hyperparameters.${name}`,
      message: expect.stringContaining(version.id) as string,
    });
  });

  it.each(['ft:small:understudy:nothere1', 'ftckpt-nothere', 'production', '__proto__'])(
    'is refused for %s, which is no model that can be continued',
    async (model) => {
      const answer = await create({ model });
      expect(answer.status).toBe(400);
      expect(answer.error).toMatchObject({ code: 'invalid_value', param: 'model' });
    },
  );
});

describe('a job with a validation file', () => {
  it('is validated on it: no document of the training file is held out for that', async () => {
    const validation = await trainer.upload(await textOf(3), 'validation.jsonl');
    const job = await create({
      model: 'small',
      validation_file: validation,
      ...supervised({ ...TINY, test_fraction: 0.1 }),
    });
    expect(job).toMatchObject({ status: 200, validation_file: validation });
    const run = await ended(job.id);
    expect(run.state).toBe('succeeded');
    const other = await ended((await create({ model: 'small', ...supervised({ ...TINY, test_fraction: 0.1 }) })).id);
    const tokens = async ({ modelVersionId }: TrainingRun): Promise<number> =>
      (await trainer.registry.getModelVersion(modelVersionId ?? '')).trainedTokens;
    expect(await tokens(run)).toBeGreaterThan(await tokens(other));
    const deletion = await trainer.fetch(`/v1/files/${validation}`, { method: 'DELETE' });
    expect(deletion.status).toBe(200);
  });

  it.each<[string, () => object, string, string]>([
    ['that does not exist', () => ({ validation_file: 'file-nope' }), 'file_not_found', 'validation_file'],
    ['that is the training file', () => ({ validation_file: file }), 'invalid_value', 'validation_file'],
    [
      'and a part to hold out',
      () => ({ validation_file: 'file-x', ...supervised({ validation_fraction: 0.1 }) }),
      'invalid_value',
      'method.supervised.hyperparameters.validation_fraction',
    ],
  ])('%s is refused', async (_, body, code, param) => {
    expect((await create({ model: 'small', ...body() })).error).toMatchObject({ code, param });
  });
});
