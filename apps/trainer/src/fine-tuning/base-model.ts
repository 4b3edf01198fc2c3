import { CodedError, isCodedError } from '#errors';
import { PRESETS } from '#language-model';
import type { JsonObject, ModelVersion, Registry } from '#registry';

/** What the `model` of a job stands for: a preset, or a model to continue from with its preset, sizes and tokenizer. */
export interface BaseModel {
  readonly preset: string;
  readonly versionId: string | null;
  readonly checkpointId: string | null;
  /** Hyper-parameters, by the names of the API, that come with the model and cannot be chosen. */
  readonly fixed: JsonObject;
}

/** Name of a hyper-parameter in the API -> in what a model was trained with. */
const FIXED_BY_MODEL = {
  embedding_dim: 'embeddingDim',
  lstm_units: 'lstmUnits',
  num_layers: 'numLayers',
  tokenization: 'tokenization',
  max_vocab_size: 'maxVocabSize',
} as const;

/** @throws invalid_value when it is neither a preset nor a model that is there */
export async function findBaseModel(registry: Registry, model: string): Promise<BaseModel> {
  if (Object.hasOwn(PRESETS, model)) return { preset: model, versionId: null, checkpointId: null, fixed: {} };
  const version = await findVersion(registry, model);
  if (version !== null) {
    const { id, preset, hyperparameters } = version;
    return { preset, versionId: id, checkpointId: null, fixed: fixedBy(hyperparameters) };
  }
  const checkpoint = await registry.checkpoints.find(model);
  if (checkpoint !== null) {
    const { id, preset, hyperparameters } = checkpoint;
    return { preset, versionId: null, checkpointId: id, fixed: fixedBy(hyperparameters) };
  }
  throw new CodedError(
    'invalid_value',
    `model must be one of the presets ${Object.keys(PRESETS).join(', ')}, or the id of a model version or checkpoint that is there; got ${JSON.stringify(model).slice(0, 80)}.`,
    { param: 'model' },
  );
}

async function findVersion(registry: Registry, id: string): Promise<ModelVersion | null> {
  try {
    return await registry.getModelVersion(id);
  } catch (error) {
    if (isCodedError(error, 'model_not_found')) return null;
    throw error;
  }
}

function fixedBy(hyperparameters: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(FIXED_BY_MODEL).flatMap(([name, field]) =>
      hyperparameters[field] === undefined ? [] : [[name, hyperparameters[field]]],
    ),
  );
}
