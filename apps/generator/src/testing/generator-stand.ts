import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { expect, vi } from 'vitest';
import { FolderArtifactStore } from '#artifacts';
import { loadConfig } from '#config';
import { openDatabase } from '#database';
import { trainModel } from '#language-model';
import { Registry, type ApiScope, type ModelVersion } from '#registry';
import { createTestDatabase, tinyCorpus } from '#testing';
import { createGenerator } from '../create-generator.js';
import type { Faults } from '../models/faults.js';

/** Everything small: a model trains in half a second and still has something to say. */
const HYPERPARAMETERS = {
  embedding_dim: 16,
  lstm_units: 24,
  num_layers: 1,
  n_epochs: 1,
  batch_size: 4,
  sequence_length: 16,
  dropout_rate: 0,
  learning_rate: 0.02,
};

/** A generator that listens on a free port. */
export interface Replica {
  readonly app: NestFastifyApplication;
  readonly url: string;
  /** Fulfilled once it has a model. */
  ready(): Promise<void>;
}

/** A registry of really trained models in a database of its own, and generators on it. */
export interface GeneratorStand {
  readonly registry: Registry;
  readonly store: FolderArtifactStore;
  readonly versions: readonly ModelVersion[];
  /** Settings with which a generator of its own process stands on the same ground. */
  readonly environment: Readonly<Record<string, string>>;
  /** A key for each scope. */
  readonly keys: Readonly<Record<ApiScope, string>>;
  start(environment?: Readonly<Record<string, string>>, faults?: Faults): Promise<Replica>;
  close(): Promise<void>;
}

/** What a model is trained on, and how it differs from the others. */
interface TrainedModel {
  readonly paths: readonly string[];
  readonly hyperparameters: Readonly<Record<string, number>>;
}

/**
 * Trains models, or so many on small texts that differ, and registers them; nothing is promoted.
 * @param address a migrated database of somebody else's; one of its own when left out
 */
export async function openGeneratorStand(
  options: { readonly versions: number } | { readonly models: readonly TrainedModel[] },
  address?: { readonly connectionString: string },
): Promise<GeneratorStand> {
  const testDatabase =
    address === undefined ? await createTestDatabase() : { ...address, close: () => Promise.resolve() };
  const { connectionString } = testDatabase;
  const folder = await mkdtemp(join(tmpdir(), 'understudy-generator-'));
  const database = openDatabase({ connectionString });
  const registry = new Registry(database);
  const store = new FolderArtifactStore(join(folder, 'artifacts'));
  const versions: ModelVersion[] = [];
  const models = 'models' in options ? options.models : Array.from({ length: options.versions }, () => null);
  for (const [index, model] of models.entries())
    versions.push(await train(registry, store, join(folder, `run-${index + 1}`), index + 1, model));
  const keyFor = async (scope: ApiScope): Promise<string> =>
    (await registry.createApiKey({ name: `for ${scope}`, scopes: [scope], actor: 'test' })).key;
  const keys = {
    completions: await keyFor('completions'),
    training: await keyFor('training'),
    admin: await keyFor('admin'),
  };
  const ground = {
    DATABASE_URL: connectionString,
    DATA_DIR: folder,
    LOG_LEVEL: 'silent',
    SERVING_THREADS: '1',
    // So rarely that only a notification can be the reason for a change.
    POLL_INTERVAL_MS: '3600000',
    MODEL_ALIASES: 'gpt-3.5-turbo-instruct=production',
  };
  const replicas: NestFastifyApplication[] = [];
  return {
    registry,
    store,
    versions,
    environment: ground,
    keys,
    async start(environment = {}, faults) {
      const config = loadConfig({ ...ground, ...environment });
      const app = await createGenerator(config, connectionString, faults && { faults });
      replicas.push(app);
      await app.listen(0, '127.0.0.1');
      const url = await app.getUrl();
      const ready = (): Promise<void> =>
        vi.waitFor(async () => expect((await fetch(`${url}/health/ready`)).status).toBe(200), { timeout: 20_000 });
      return { app, url, ready };
    },
    async close() {
      await Promise.all(replicas.map((app) => app.close()));
      await database.close();
      await testDatabase.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function train(
  registry: Registry,
  store: FolderArtifactStore,
  workFolder: string,
  seed: number,
  wanted: TrainedModel | null,
): Promise<ModelVersion> {
  const corpus = await tinyCorpus({ documents: 8, words: 300, seed });
  const hyperparameters = { ...HYPERPARAMETERS, ...wanted?.hyperparameters };
  try {
    const input = {
      paths: wanted?.paths ?? [corpus.folder],
      preset: 'small',
      hyperparameters,
      seed,
      workFolder,
      threads: 1,
    };
    const outcome = await trainModel(input, () => undefined, {});
    if (outcome.kind !== 'finished') throw new Error('Training was stopped.');
    const model = outcome.result;
    const { bundleSha256 } = await store.putBundle(model.bundleFolder);
    const uploaded = await registry.createCorpus({
      filename: 'tiny.txt',
      sizeBytes: 1,
      sha256: '0'.repeat(64),
      purpose: 'fine-tune',
    });
    const { id } = await registry.createTrainingRun({ corpusId: uploaded.id, preset: 'small', seed });
    const { fence } = await registry.startRun(id);
    return await registry.completeRun(id, fence, {
      bundleSha256,
      dataSha256: model.dataSha256,
      codeVersion: 'test',
      hyperparameters,
      parameters: model.parameters,
      trainedTokens: model.trainedTokens,
      metrics: { gapPoints: model.metrics.gapPoints },
    });
  } finally {
    await corpus.remove();
  }
}
