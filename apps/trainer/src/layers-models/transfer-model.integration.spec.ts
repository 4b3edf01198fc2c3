import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FolderArtifactStore } from '#artifacts';
import { environmentWith } from '#config';
import { openDatabase, type Database } from '#database';
import { CompletionEngine, architectureOf, countParameters, resolveHyperparameters } from '#language-model';
import { PLAIN_REQUEST, Parameters, Tokenizer, exportBundle, initializeParameters } from '#language-model/workbench';
import { Registry } from '#registry';
import { createTestDatabase, guardAgainstLeaks, registerVersion, type TestDatabase } from '#testing';
import { exportModel, importModel } from './transfer-model.js';

guardAgainstLeaks();

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));
const TOKENS = ['<unk>', '<doc>', ...Array.from({ length: 30 }, (_, i) => `word${String.fromCharCode(97 + i)}`)];

let test: TestDatabase;
let database: Database;
let registry: Registry;
let store: FolderArtifactStore;
let folder: string;

beforeEach(async () => {
  test = await createTestDatabase();
  database = openDatabase(test);
  registry = new Registry(database);
  folder = await mkdtemp(join(tmpdir(), 'understudy-transfer-'));
  store = new FolderArtifactStore(join(folder, 'artifacts'));
});
afterEach(async () => {
  await database.close();
  await test.close();
  await rm(folder, { recursive: true, force: true });
});

/** A version that could be served, untrained. */
async function registerModel(): Promise<{ id: string; bundleSha256: string }> {
  const hyperparameters = resolveHyperparameters('small', { embedding_dim: 8, lstm_units: 12, tokenization: 'words' });
  const architecture = architectureOf(hyperparameters, TOKENS.length);
  const parameters = new Parameters(architecture);
  initializeParameters(parameters, 5);
  const bundle = join(folder, 'bundle');
  await exportBundle(bundle, {
    config: {
      format: 'understudy-model',
      version: 1,
      ...architecture,
      preset: 'small',
      parameters: countParameters(architecture),
      hyperparameters,
      seed: 5,
      dataSha256: 'b'.repeat(64),
      evaluation: { validation: null },
    },
    tokenizer: Tokenizer.fromJSON({ format: 'understudy-tokenizer', version: 1, mode: 'words', tokens: TOKENS }),
    parameters,
    card: '# card',
  });
  const { bundleSha256 } = await store.putBundle(bundle);
  return registerVersion(registry, { bundleSha256 });
}

describe('a version that goes out as a Layers model and comes back', { timeout: 180_000 }, () => {
  it('is a new version with the same weights, its origin and an audit entry, and can be promoted and serve', async () => {
    const { id, bundleSha256 } = await registerModel();
    const out = join(folder, 'out');
    expect(await exportModel(registry, store, id, out)).toBe(id);
    const source = { modelPath: join(out, 'model.json'), vocabularyPath: join(out, 'vocabulary.json'), suffix: 'back' };
    const version = await importModel(registry, store, source);
    expect(version).toMatchObject({
      preset: 'small',
      number: 2,
      state: 'registered',
      trainingRunId: null,
      dataSha256: null,
      importedFrom: {
        format: 'tfjs-layers',
        path: source.modelPath,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      },
    });
    expect(version.id).toMatch(/^ft:small:back:/);
    expect(await registry.getModelVersion(version.id)).toEqual(version);
    const weights = (sha256: string): Promise<Buffer> =>
      store.openBundle(sha256).then((opened) => readFile(join(opened, 'model.safetensors')));
    expect(await weights(version.bundleSha256)).toEqual(await weights(bundleSha256));
    const { items } = await registry.listAudit();
    expect(items[0]).toMatchObject({ action: 'version.import', subject: version.id, actor: 'tfjs import' });

    await registry.promote({ deployment: 'production', versionId: version.id, actor: 'test' });
    const engine = await CompletionEngine.open(await store.openBundle(version.bundleSha256), {
      threads: 1,
      maxBatchSize: 1,
      maxQueued: 1,
    });
    const { choices } = await engine.complete({ ...PLAIN_REQUEST, prompt: 'worda', maxTokens: 5, seed: 1n });
    await engine.close();
    expect(choices[0]!.text).toMatch(/word/);
  });

  it('does so from the command line too', async () => {
    const { id } = await registerModel();
    const env = environmentWith({
      DATABASE_URL: test.connectionString,
      DATA_DIR: folder,
      ARTIFACT_DIR: join(folder, 'artifacts'),
    }) as NodeJS.ProcessEnv;
    const tfjs = (...args: string[]): Promise<{ stdout: string }> =>
      promisify(execFile)(process.execPath, [MAIN, ...args], { env });
    const out = join(folder, 'out');
    expect((await tfjs('export', id, out)).stdout).toBe(`${id} written to ${join(out, 'model.json')}\n`);
    const { stdout } = await tfjs('import', join(out, 'model.json'), join(out, 'vocabulary.json'), '--suffix', 'cli');
    expect(stdout).toMatch(/^ft:small:cli:\w{8} registered: version 2 of small\n$/);
    await expect(tfjs('export', 'ft:none', out)).rejects.toThrow(/model_not_found/);
    await expect(tfjs('import', 'only-one')).rejects.toThrow(/Usage: npm run tfjs/);
  });
});

describe('a model that cannot be read', () => {
  it('leaves neither version nor stored bundle behind', async () => {
    const modelPath = join(folder, 'model.json');
    await writeFile(modelPath, '{"modelTopology": {}, "weightsManifest": []}');
    const refused = importModel(registry, store, { modelPath, vocabularyPath: modelPath });
    await expect(refused).rejects.toMatchObject({ code: 'model_unreadable' });
    expect((await registry.listModelVersions()).items).toEqual([]);
  });
});
