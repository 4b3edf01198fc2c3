import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { exportBundle } from '../bundle/export-bundle.js';
import { type BundleConfig, readBundle } from '../bundle/read-bundle.js';
import { countParameters } from '../model/architecture.js';
import { Parameters } from '../model/parameters.js';
import { PRESETS, resolveHyperparameters, type Preset } from '../model/presets.js';
import { fromLayersWeights } from './layers-parameters.js';
import { readTopology } from './layers-topology.js';
import { readVocabulary, type VocabularyOptions } from './layers-vocabulary.js';
import { decodeWeights, unreadable, type WeightGroup } from './layers-weights.js';

/** A Layers model and how to read it. */
export interface LayersModelSource extends VocabularyOptions {
  /** Path of `model.json`; the weight files stand beside it. */
  readonly modelPath: string;
  readonly vocabularyPath: string;
}

/** What was read, and written as a bundle. */
export interface ImportedModel {
  readonly preset: Preset;
  readonly config: BundleConfig;
  /** Hash of `model.json`, the weight files and the vocabulary, in this order. */
  readonly sourceSha256: string;
}

/**
 * Reads a TensorFlow.js Layers model with its vocabulary, also one converted from Keras, and writes it as an artifact bundle.
 * Nothing about it is measured: its text is not there.
 * @throws model_unreadable when it is not such a model, or is one that computes something else than ours
 */
export async function importLayersModel(source: LayersModelSource, bundleFolder: string): Promise<ImportedModel> {
  const hash = createHash('sha256');
  const read = async (path: string): Promise<Buffer> => {
    const bytes = await readFile(path).catch((cause: unknown) => {
      throw unreadable(`the file ${path} cannot be read`, cause);
    });
    hash.update(bytes);
    return bytes;
  };
  const model = readModel(await read(source.modelPath));
  const names = readTopology(model.topology);
  const folder = dirname(source.modelPath);
  const weights = await decodeWeights(model.manifest, (name) => read(join(folder, name)));
  const foreign = fromLayersWeights(names, weights);
  const vocabulary = (await read(source.vocabularyPath)).toString('utf8');
  const { tokenizer, modelIds } = readVocabulary(vocabulary, foreign.architecture.vocabularySize, source);
  const parameters = reorderTokens(foreign, modelIds);
  const { architecture } = parameters;
  const preset = nearestPreset(architecture.lstmUnits);
  const config: BundleConfig = {
    format: 'understudy-model',
    version: 1,
    ...architecture,
    preset,
    parameters: countParameters(architecture),
    hyperparameters: resolveHyperparameters(preset, {
      embedding_dim: architecture.embeddingDim,
      lstm_units: architecture.lstmUnits,
      num_layers: architecture.numLayers,
      tokenization: tokenizer.mode === 'text' ? 'text' : 'words',
    }),
    seed: 0,
    dataSha256: null,
    evaluation: { validation: null },
  };
  const sourceSha256 = hash.digest('hex');
  const card = writeCard(config, basename(source.modelPath), sourceSha256);
  await exportBundle(bundleFolder, { config, tokenizer, parameters, card });
  // Opened as the server would: a model that it refuses is not registered.
  const session = await (await readBundle(bundleFolder)).session('decode.onnx', 1);
  await session.dispose();
  return { preset, config, sourceSha256 };
}

function readModel(bytes: Buffer): { topology: unknown; manifest: WeightGroup[] } {
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw unreadable('its model.json is not JSON', cause);
  }
  const { modelTopology: topology, weightsManifest: manifest } = (json ?? {}) as Record<string, unknown>;
  const groups = Array.isArray(manifest) ? (manifest as Partial<WeightGroup>[]) : [];
  const isWhole = groups.every(
    ({ paths, weights }) =>
      Array.isArray(paths) &&
      Array.isArray(weights) &&
      weights.every(
        ({ name, shape }) =>
          typeof name === 'string' &&
          Array.isArray(shape) &&
          shape.every((size) => Number.isSafeInteger(size) && size > 0),
      ),
  );
  if (groups.length === 0 || !isWhole) throw unreadable('its model.json has no weightsManifest with paths and weights');
  for (const path of groups.flatMap(({ paths }) => paths!)) {
    // The manifest comes from elsewhere and must not lead to files of this machine.
    if (typeof path !== 'string' || path === '' || basename(path) !== path)
      throw unreadable(`its weight file ${JSON.stringify(path)} is not the name of a file beside model.json`);
  }
  return { topology, manifest: groups as WeightGroup[] };
}

/** The same numbers with the tokens in another order: `modelIds[id]` is the id that a token had. */
function reorderTokens(foreign: Parameters, modelIds: readonly number[]): Parameters {
  const parameters = new Parameters(foreign.architecture);
  for (const { name } of parameters.specs) parameters.view(name).set(foreign.view(name));
  const { vocabularySize: V, embeddingDim: E, lstmUnits: H } = foreign.architecture;
  const rows = (from: Float32Array, to: Float32Array, width: number): void =>
    modelIds.forEach((modelId, id) => to.set(from.subarray(modelId * width, (modelId + 1) * width), id * width));
  const columns = (from: Float32Array, to: Float32Array, height: number): void => {
    for (let row = 0; row < height; row++)
      modelIds.forEach((modelId, id) => (to[row * V + id] = from[row * V + modelId]!));
  };
  rows(foreign.view('embedding.weight'), parameters.view('embedding.weight'), E);
  columns(foreign.view('output.weight'), parameters.view('output.weight'), H);
  columns(foreign.view('output.bias'), parameters.view('output.bias'), 1);
  return parameters;
}

/** The preset under whose name a model is kept: the one whose layers are nearest in size. */
function nearestPreset(lstmUnits: number): Preset {
  const distance = (name: Preset): number => Math.abs(Math.log(PRESETS[name].lstmUnits / lstmUnits));
  return (Object.keys(PRESETS) as Preset[]).reduce((best, name) => (distance(name) < distance(best) ? name : best));
}

function writeCard(config: BundleConfig, file: string, sourceSha256: string): string {
  const { parameters, vocabularySize, embeddingDim, numLayers, lstmUnits } = config;
  return `# Imported: ${(parameters / 1e6).toFixed(1)}M parameters

Read from the TensorFlow.js Layers model \`${file}\`; sha256 of model, weights and vocabulary together \`${sourceSha256}\`.
${parameters.toLocaleString('en')} parameters: ${vocabularySize.toLocaleString('en')} tokens, embedding ${embeddingDim}, ${numLayers} LSTM layers of ${lstmUnits} units, Layer Normalization.

What text it was trained on, how, and how well it does, is not known here: nothing was measured.
`;
}
