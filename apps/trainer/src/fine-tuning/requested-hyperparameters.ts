import { CodedError, isCodedError } from '#errors';
import { resolveHyperparameters } from '#language-model';
import type { CreateJobBody } from './create-job.dto.js';

/** Those for which the OpenAI API lets the service choose. */
const MAY_BE_AUTO = new Set(['n_epochs', 'batch_size', 'learning_rate_multiplier']);

/**
 * The hyper-parameters that a job asks for, checked against its preset. What is "auto" is left out: the preset decides.
 *
 * @throws unknown_parameter, invalid_value naming the key with its place in the body
 */
export function requestedHyperparameters(body: CreateJobBody): Record<string, unknown> {
  const { hyperparameters: legacy, method } = body;
  const supervised = method?.supervised?.hyperparameters;
  if (legacy != null && supervised != null) {
    throw new CodedError('invalid_value', 'Give either method.supervised.hyperparameters or hyperparameters, not both.', { param: 'hyperparameters' });
  }
  const place = legacy != null ? 'hyperparameters' : 'method.supervised.hyperparameters';
  const asked = Object.entries(legacy ?? supervised ?? {}).filter(([key, value]) => !(MAY_BE_AUTO.has(key) && value === 'auto'));
  const requested = Object.fromEntries(asked);
  try {
    resolveHyperparameters(body.model, requested);
  } catch (error) {
    if (!isCodedError(error)) throw error;
    throw new CodedError(error.code, error.message, { param: error.param === null ? place : `${place}.${error.param}`, cause: error });
  }
  return requested;
}
