import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '#errors';
import { GraphSession } from '#tensor-graph';
import { parameterSpecs, type Architecture } from '../model/architecture.js';
import type { Evaluation } from '../evaluation/text-evaluator.js';
import type { Hyperparameters } from '../model/presets.js';
import { Tokenizer } from '../tokenizer/index.js';
import type { DecodeGraphs } from '../sampling/decode-session.js';
import type { Precision, Quantization } from './quantization.js';
import { WEIGHTS_FILE, locateSafetensors } from './safetensors.js';
import { buildDecodeGraph } from './serving-graphs.js';

/** `config.json` of an artifact bundle: what the model is and where it comes from. */
export interface BundleConfig extends Architecture {
  readonly format: 'understudy-model';
  readonly version: 1;
  readonly preset: string;
  readonly parameters: number;
  readonly hyperparameters: Hyperparameters;
  readonly seed: number;
  /** Of the text that it was trained on; null when that is not known, as of an imported model. */
  readonly dataSha256: string | null;
  /** null when nothing was measured. */
  readonly evaluation: { readonly validation: Evaluation | null };
  /** How the int8 variant of the decode graph compares; absent where there is none. */
  readonly quantization?: Quantization;
}

/** Name of the graph files in a bundle. */
export type GraphFile = 'decode.onnx' | 'decode.int8.onnx' | 'prefill.onnx' | 'score.onnx';

/** A bundle's parts, loaded on demand. */
export interface Bundle {
  readonly config: BundleConfig;
  readonly architecture: Architecture;
  readonly tokenizer: Tokenizer;
  /** Opens one graph; the caller disposes of the session. */
  session(file: GraphFile, threads: number): Promise<GraphSession>;
  /** Opens what generation runs. Prompts are read in float32 by both precisions. */
  decodeGraphs(precision: Precision, threads: number): Promise<DecodeGraphs>;
}

/**
 * Reads an artifact bundle's description and tokenizer.
 * @throws bundle_missing when a file is not there, bundle_corrupt when one cannot be read or they do not fit together
 */
export async function readBundle(folder: string): Promise<Bundle> {
  const config = ((await readJson(join(folder, 'config.json'))) ?? {}) as Partial<BundleConfig>;
  const tokenizer = Tokenizer.fromJSON(await readJson(join(folder, 'tokenizer.json')));
  const { vocabularySize, embeddingDim, lstmUnits, numLayers } = config;
  if (config.format !== 'understudy-model' || config.version !== 1 || !embeddingDim || !lstmUnits || !numLayers) {
    throw new CodedError('bundle_corrupt', `config.json of ${folder} is not that of an understudy-model, version 1.`);
  }
  if (vocabularySize !== tokenizer.vocabularySize) {
    throw new CodedError(
      'bundle_corrupt',
      `config.json of ${folder} says ${vocabularySize} tokens and tokenizer.json has ${tokenizer.vocabularySize}.`,
    );
  }
  const architecture = { vocabularySize, embeddingDim, lstmUnits, numLayers };
  const session: Bundle['session'] = (file, threads) => openGraph(folder, file, architecture, threads);
  return {
    config: config as BundleConfig,
    architecture,
    tokenizer,
    session,
    decodeGraphs: async (precision, threads) => ({
      decode: await session(precision === 'int8' ? 'decode.int8.onnx' : 'decode.onnx', threads),
      prefill: await session('prefill.onnx', threads),
    }),
  };
}

async function openGraph(
  folder: string,
  file: GraphFile,
  architecture: Architecture,
  threads: number,
): Promise<GraphSession> {
  const session = await GraphSession.create(join(folder, file), { threads });
  if (file !== 'decode.onnx' || session.outputNames.includes('logits')) return session;
  // Written before decoding returned logits: the same model is built again around the same weights.
  await session.dispose();
  const weights = await readFile(join(folder, WEIGHTS_FILE));
  const source = { file: WEIGHTS_FILE, locations: locateSafetensors(weights, parameterSpecs(architecture)) };
  return GraphSession.create(buildDecodeGraph(architecture, source), { threads, externalDataFolder: folder });
}

async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new CodedError('bundle_missing', `Cannot read ${path}.`, { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CodedError('bundle_corrupt', `${path} is not JSON.`, { cause });
  }
}
