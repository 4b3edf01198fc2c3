import { CodedError, isCodedError } from '#errors';
import { resolveHyperparameters } from '#language-model';
import type { CreateJobBody } from './create-job.dto.js';

/**
 * The hyper-parameters that a job asks for, checked against its preset. "auto" leaves the choice to the preset; the three
 * of the OpenAI API are always there with the number that is used, so that the job can tell them.
 *
 * @throws unknown_parameter, invalid_value naming the key with its place in the body
 */
export function requestedHyperparameters(body: CreateJobBody): Record<string, unknown> {
  const legacy = body.hyperparameters ?? null;
  const supervised = body.method?.supervised?.hyperparameters ?? null;
  if (legacy !== null && supervised !== null) {
    throw new CodedError(
      'invalid_value',
      'Give either method.supervised.hyperparameters or hyperparameters, not both.',
      { param: 'hyperparameters' },
    );
  }
  const place = legacy !== null ? 'hyperparameters' : 'method.supervised.hyperparameters';
  const asked = Object.fromEntries(Object.entries(legacy ?? supervised ?? {}).filter(([, value]) => value !== 'auto'));
  try {
    const { epochs, batchSize } = resolveHyperparameters(body.model, asked);
    return { learning_rate_multiplier: 1, ...asked, n_epochs: epochs, batch_size: batchSize };
  } catch (error) {
    if (!isCodedError(error)) throw error;
    const param = error.param === null ? place : `${place}.${error.param}`;
    throw new CodedError(error.code, error.message, { param, cause: error });
  }
}
