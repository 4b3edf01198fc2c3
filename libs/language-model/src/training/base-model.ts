import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '#errors';
import { readBundle } from '../bundle/read-bundle.js';
import { decodeSafetensors } from '../bundle/safetensors.js';
import type { Architecture } from '../model/architecture.js';
import type { Parameters } from '../model/parameters.js';
import { resolveHyperparameters, type Hyperparameters } from '../model/presets.js';
import type { Tokenizer } from '../tokenizer/index.js';

/** The model that a run continues from. */
export interface BaseModel {
  readonly architecture: Architecture;
  readonly tokenizer: Tokenizer;
  readonly parameters: Parameters;
  /** Of its weights. */
  readonly sha256: string;
}

/** Reads an artifact bundle to go on training it. @throws bundle_missing, bundle_corrupt */
export async function readBaseModel(folder: string): Promise<BaseModel> {
  const { architecture, tokenizer } = await readBundle(folder);
  const path = join(folder, 'model.safetensors');
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new CodedError('bundle_missing', `Cannot read ${path}.`, { cause });
  });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { architecture, tokenizer, parameters: decodeSafetensors(bytes, architecture), sha256 };
}

/**
 * Hyperparameters of a run that continues: its sizes and tokenisation are those of the model, which cannot change.
 * @throws unknown_parameter, invalid_value when another size is asked for
 */
export function continuedHyperparameters(
  preset: string,
  overrides: Readonly<Record<string, unknown>>,
  { architecture, tokenizer }: Pick<BaseModel, 'architecture' | 'tokenizer'>,
): Hyperparameters {
  const { vocabularySize, embeddingDim, lstmUnits, numLayers } = architecture;
  const fixed: Readonly<Record<string, unknown>> = {
    embedding_dim: embeddingDim,
    lstm_units: lstmUnits,
    num_layers: numLayers,
    tokenization: tokenizer.mode,
  };
  for (const [name, value] of Object.entries(fixed)) {
    const asked = overrides[name] ?? 'auto';
    if (asked === 'auto' || asked === value) continue;
    throw new CodedError(
      'invalid_value',
      `${name} is ${JSON.stringify(asked)}, but the model to continue from has ${JSON.stringify(value)}; leave it out, or train a preset from the beginning.`,
      { param: name },
    );
  }
  return resolveHyperparameters(preset, { ...overrides, ...fixed, max_vocab_size: vocabularySize });
}
