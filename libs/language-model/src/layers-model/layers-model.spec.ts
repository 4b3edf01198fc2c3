import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { exportBundle } from '../bundle/export-bundle.js';
import { evaluateBundle } from '../bundle/verify-bundle.js';
import { readBundle } from '../bundle/read-bundle.js';
import { countParameters, type Architecture } from '../model/architecture.js';
import { Parameters } from '../model/parameters.js';
import { resolveHyperparameters } from '../model/presets.js';
import { fillUniform } from '../model/random.js';
import { Tokenizer } from '../tokenizer/index.js';
import { exportLayersModel } from './export-layers-model.js';
import { importLayersModel, type ImportedModel } from './import-layers-model.js';
import type { VocabularyOptions } from './layers-vocabulary.js';

const [V, E, H] = [19, 6, 8];
const ARCHITECTURE: Architecture = { vocabularySize: V, embeddingDim: E, lstmUnits: H, numLayers: 2 };
const TOKENS = ['<unk>', '<doc>', ...Array.from({ length: V - 2 }, (_, i) => `word${i}`)];
const TEXT = Uint16Array.from({ length: 40 }, (_, i) => (i * i * 3 + 5 * i + 2) % V);
/** Largest difference of the mean loss that is left to the order of additions. */
const TOLERANCE_DIGITS = 6;

let folder: string;
beforeAll(async () => {
  tf.env().set('IS_NODE', false); // else it advertises its native package on standard error
  await tf.setBackend('cpu');
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'understudy-layers-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function writeBundle(): Promise<{ bundle: string; parameters: Parameters }> {
  const parameters = new Parameters(ARCHITECTURE);
  parameters.specs.forEach(({ name }, index) => {
    const view = parameters.view(name);
    fillUniform(view, 7, 0, index);
    for (let i = 0; i < view.length; i++) view[i] = (name.endsWith('gain') ? 1 : 0) + 1.5 * (view[i]! - 0.5);
  });
  const bundle = join(folder, 'bundle');
  await exportBundle(bundle, {
    config: {
      format: 'understudy-model',
      version: 1,
      ...ARCHITECTURE,
      preset: 'small',
      parameters: countParameters(ARCHITECTURE),
      hyperparameters: resolveHyperparameters('small'),
      seed: 1,
      dataSha256: 'a'.repeat(64),
      evaluation: { validation: null },
    },
    tokenizer: Tokenizer.fromJSON({ format: 'understudy-tokenizer', version: 1, mode: 'words', tokens: TOKENS }),
    parameters,
    card: '# card',
  });
  return { bundle, parameters };
}

/** Reads a model with TensorFlow.js' own code. */
async function load(model: string): Promise<layers.LayersModel> {
  const { modelTopology, weightsManifest } = JSON.parse(await readFile(join(model, 'model.json'), 'utf8')) as {
    modelTopology: object;
    weightsManifest: { paths: string[]; weights: tf.io.WeightsManifestEntry[] }[];
  };
  const { paths, weights } = weightsManifest[0]!;
  const bytes = Buffer.concat(await Promise.all(paths.map((path) => readFile(join(model, path)))));
  const weightData = new Uint8Array(bytes).buffer;
  return layers.loadLayersModel({ load: () => Promise.resolve({ modelTopology, weightSpecs: weights, weightData }) });
}

/** Mean loss of the next words of TEXT, in nats, by a Layers model. `ids` maps our ids to the model's. */
function lossOf(model: layers.LayersModel, ids = (id: number): number => id): number {
  return tf.tidy(() => {
    const tokens = Array.from(TEXT, ids);
    const probabilities = model.predict(tf.tensor2d([tokens.slice(0, -1)])) as tf.Tensor3D;
    const rows = probabilities.arraySync()[0]!;
    return rows.reduce((sum, row, t) => sum - Math.log(row[tokens[t + 1]!]!), 0) / rows.length;
  });
}

async function lossOfBundle(bundle: string): Promise<number> {
  return (await evaluateBundle(bundle, TEXT, 1)).lossNats;
}

/** A model that TensorFlow.js itself made and saved, trained by nobody, with weights that are nowhere zero. */
async function saveForeignModel(
  change: (artifacts: Record<string, unknown>) => void = () => undefined,
): Promise<{ model: layers.LayersModel; modelPath: string }> {
  const norm = (): layers.layers.Layer => layers.layers.layerNormalization({ epsilon: 1e-3 });
  const lstm = (): layers.layers.Layer =>
    layers.layers.lstm({
      units: H,
      returnSequences: true,
      recurrentActivation: 'sigmoid',
      recurrentInitializer: 'zeros',
    });
  const model = layers.sequential({
    layers: [
      layers.layers.embedding({ inputDim: V, outputDim: E, inputShape: [null] }),
      layers.layers.dropout({ rate: 0.25 }),
      lstm(),
      norm(),
      lstm(),
      norm(),
      layers.layers.dense({ units: V, activation: 'softmax' }),
    ],
  });
  model.setWeights(
    model.getWeights().map(({ shape }, index) => {
      const numbers = new Float32Array(shape.reduce((a, b) => a * b));
      fillUniform(numbers, 3, 0, index);
      return tf.tensor(
        numbers.map((u) => 1.5 * u - 0.6),
        shape,
      );
    }),
  );
  const saved = join(folder, 'foreign');
  await mkdir(saved, { recursive: true });
  const modelPath = join(saved, 'model.json');
  await model.save({
    save: async ({ modelTopology, weightSpecs, weightData }: tf.io.ModelArtifacts) => {
      const json = { modelTopology, weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs }] };
      change(json);
      await writeFile(modelPath, JSON.stringify(json));
      await writeFile(join(saved, 'weights.bin'), new Uint8Array(weightData as ArrayBuffer));
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    },
  });
  return { model, modelPath };
}

async function importForeign(
  modelPath: string,
  vocabulary: unknown,
  options: VocabularyOptions = {},
): Promise<ImportedModel> {
  const vocabularyPath = join(folder, 'vocabulary.txt');
  await writeFile(vocabularyPath, typeof vocabulary === 'string' ? vocabulary : JSON.stringify(vocabulary));
  return importLayersModel({ modelPath, vocabularyPath, ...options }, join(folder, 'imported'));
}

describe('an exported Layers model', () => {
  it('predicts in TensorFlow.js what the serving runtime predicts from the bundle', async () => {
    const { bundle } = await writeBundle();
    await exportLayersModel(bundle, join(folder, 'out'));
    expect(lossOf(await load(join(folder, 'out')))).toBeCloseTo(await lossOfBundle(bundle), TOLERANCE_DIGITS);
  });

  it('comes back as the very same weights and tokenizer', async () => {
    const { bundle, parameters } = await writeBundle();
    const out = join(folder, 'out');
    await exportLayersModel(bundle, out);
    const source = { modelPath: join(out, 'model.json'), vocabularyPath: join(out, 'vocabulary.json') };
    const { config } = await importLayersModel(source, join(folder, 'back'));
    for (const file of ['model.safetensors', 'tokenizer.json', 'decode.onnx']) {
      expect(await readFile(join(folder, 'back', file)), file).toEqual(await readFile(join(bundle, file)));
    }
    expect(config).toMatchObject({ ...parameters.architecture, preset: 'small', dataSha256: null });
  });

  it('is split into files of 4 MiB that belong together', async () => {
    const { bundle } = await writeBundle();
    await exportLayersModel(bundle, join(folder, 'out'));
    expect((await readdir(join(folder, 'out'))).sort()).toEqual([
      'group1-shard1of1.bin',
      'model.json',
      'vocabulary.json',
    ]);
  });
});

describe('a model that TensorFlow.js saved', () => {
  it('predicts here what it predicts there', async () => {
    const { model, modelPath } = await saveForeignModel();
    await importForeign(modelPath, TOKENS);
    expect(await lossOfBundle(join(folder, 'imported'))).toBeCloseTo(lossOf(model), TOLERANCE_DIGITS);
  });

  it('keeps its predictions when its special tokens move to our places', async () => {
    const { model, modelPath } = await saveForeignModel();
    const theirs = [...TOKENS.slice(2, 9), '[UNK]', ...TOKENS.slice(9, 12), '<s>', ...TOKENS.slice(12)];
    await importForeign(modelPath, theirs.join('\n'));
    const { tokenizer } = await readBundle(join(folder, 'imported'));
    expect([0, 1, 2].map((id) => tokenizer.tokenText(id))).toEqual(['<unk>', '<doc>', 'word0']);
    const ids = (id: number): number =>
      id < 2 ? theirs.indexOf(['[UNK]', '<s>'][id]!) : theirs.indexOf(tokenizer.tokenText(id));
    expect(await lossOfBundle(join(folder, 'imported'))).toBeCloseTo(lossOf(model, ids), TOLERANCE_DIGITS);
  });

  it('may carry the names and the nesting that Keras and its converter give', async () => {
    const { model, modelPath } = await saveForeignModel((json) => {
      json['modelTopology'] = { keras_version: '2.15.0', backend: 'tensorflow', model_config: json['modelTopology'] };
      const [group] = json['weightsManifest'] as [{ weights: { name: string }[] }];
      for (const weight of group.weights) weight.name = `sequential/${weight.name.replace('/', '/lstm_cell/')}:0`;
    });
    const wordIndex = Object.fromEntries(['<unk>', ...TOKENS.slice(2)].map((token, index) => [token, index + 1]));
    await importForeign(modelPath, { word_index: wordIndex });
    // Keras leaves id 0 to padding, which becomes the token that begins documents.
    const ids = (id: number): number => (id === 0 ? 1 : id === 1 ? 0 : id);
    expect(await lossOfBundle(join(folder, 'imported'))).toBeCloseTo(lossOf(model, ids), TOLERANCE_DIGITS);
  });

  it('says in its card that nothing about it was measured', async () => {
    const { modelPath } = await saveForeignModel();
    const { sourceSha256 } = await importForeign(modelPath, TOKENS);
    const card = await readFile(join(folder, 'imported/card.md'), 'utf8');
    expect(card).toContain(sourceSha256);
    expect(card).toContain('nothing was measured');
  });
});

describe('a model that cannot be served', () => {
  type Json = {
    modelTopology: { config: { layers: { class_name: string; config: Record<string, unknown> }[] } };
    weightsManifest: [{ paths: string[]; weights: Record<string, unknown>[] }];
  };
  const edited = (edit: (json: Json) => void) => (json: Record<string, unknown>) => edit(json as unknown as Json);

  it.each<[string, (json: Json) => void, RegExp]>([
    [
      'another recurrent layer',
      ({ modelTopology: { config } }) => (config.layers[2]!.class_name = 'GRU'),
      /Embedding, GRU, LayerNormalization/,
    ],
    ['no Layer Normalization', ({ modelTopology: { config } }) => config.layers.splice(3, 1), /Embedding, LSTM, LSTM/],
    [
      'another activation',
      ({ modelTopology: { config } }) => (config.layers[2]!.config['recurrent_activation'] = 'hard_sigmoid'),
      /recurrent_activation.*"hard_sigmoid", expected "sigmoid"/,
    ],
    [
      'another epsilon',
      ({ modelTopology: { config } }) => (config.layers[3]!.config['epsilon'] = 1e-5),
      /epsilon.*0.00001, expected 0.001/,
    ],
    ['no layers at all', (json) => (json.modelTopology = {} as never), /lists no layers/],
    [
      'quantised weights',
      ({ weightsManifest: [{ weights }] }) => (weights[0]!['quantization'] = { dtype: 'uint8' }),
      /quantised/,
    ],
    [
      'a missing weight',
      ({ weightsManifest: [{ weights }] }) => (weights[1]!['name'] = 'other/kernel'),
      /no weight is called "kernel"/,
    ],
    [
      'a weight of another shape',
      ({ weightsManifest: [{ weights }] }) => (weights[1]!['shape'] = [4 * H, E]),
      /is \[32, 6\], expected \[6, 32\]/,
    ],
    [
      'files that are too short',
      ({ weightsManifest: [{ weights }] }) => (weights[0]!['shape'] = [1e6, E]),
      /end inside of/,
    ],
    ['files that are too long', ({ weightsManifest: [{ weights }] }) => weights.pop(), /the manifest describes/],
    [
      'a weight file elsewhere',
      ({ weightsManifest: [group] }) => (group.paths = ['../../etc/passwd']),
      /not the name of a file beside model.json/,
    ],
    [
      'a weight file that is not there',
      ({ weightsManifest: [group] }) => (group.paths = ['gone.bin']),
      /gone.bin cannot be read/,
    ],
    ['no manifest', (json) => (json.weightsManifest = [] as never), /no weightsManifest/],
  ])('is refused: %s', async (_what, edit, message) => {
    const { modelPath } = await saveForeignModel(edited(edit));
    const refused = importForeign(modelPath, TOKENS);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toMatchObject({ code: 'model_unreadable' });
  });

  it.each<[string, unknown, VocabularyOptions, RegExp]>([
    ['of another size', TOKENS.slice(1), {}, /has 18 tokens and the model 19/],
    ['without unknown words', ['a', ...TOKENS.slice(1)], {}, /none of <unk>.*--unknown/],
    ['without a document token', ['<unk>', 'a', ...TOKENS.slice(2)], {}, /--document/],
    ['whose named token is not there', TOKENS, { unknown: 'nobody' }, /no token "nobody"/],
    ['with one token for two', TOKENS, { unknown: 'word1', document: 'word1' }, /must be two/],
    ['with a token twice', ['<unk>', '<doc>', 'word3', ...TOKENS.slice(3)], {}, /only 18 different/],
    ['of a mode that does not exist', TOKENS, { mode: 'letters' }, /"letters" does not exist/],
    ['of a mode whose tokens it lacks', TOKENS, { mode: 'text' }, /<cap> is missing/],
    [
      'with ids that leave a gap',
      Object.fromEntries(TOKENS.map((token, id) => [token, id < 9 ? id : id + 1])),
      {},
      /no token the id 9/,
    ],
    ['with an id twice', { a: 1, b: 1 }, {}, /each given once/],
  ])('is refused for a vocabulary %s', async (_what, vocabulary, options, message) => {
    const { modelPath } = await saveForeignModel();
    await expect(importForeign(modelPath, vocabulary, options)).rejects.toThrow(message);
  });
});
