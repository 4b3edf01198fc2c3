import { CodedError, isCodedError } from '#errors';
import { resolveHyperparameters } from '#language-model';
import type { BaseModel } from './base-model.js';
import type { CreateJobBody } from './create-job.dto.js';

/** The part of a job that decides its hyper-parameters. */
type RequestedJob = Pick<CreateJobBody, 'model' | 'validation_file' | 'hyperparameters' | 'method'>;

/**
 * The hyper-parameters that a job asks for, checked against its preset and the model that it continues from. "auto" leaves
 * the choice to them; the three of the OpenAI API are always there with the number that is used, so that the job can tell them.
 *
 * @throws unknown_parameter, invalid_value naming the key with its place in the body
 */
export function requestedHyperparameters(body: RequestedJob, base: BaseModel): Record<string, unknown> {
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
    for (const [name, value] of Object.entries(asked)) checkOverride(name, value, body, base);
    const given = { ...asked, ...base.fixed };
    const { epochs, batchSize } = resolveHyperparameters(base.preset, given);
    return { learning_rate_multiplier: 1, ...given, n_epochs: epochs, batch_size: batchSize };
  } catch (error) {
    if (!isCodedError(error)) throw error;
    const param = error.param === null ? place : `${place}.${error.param}`;
    throw new CodedError(error.code, error.message, { param, cause: error });
  }
}

function checkOverride(name: string, value: unknown, body: RequestedJob, base: BaseModel): void {
  if (name === 'validation_fraction' && body.validation_file) {
    throw new CodedError(
      'invalid_value',
      'validation_fraction holds a part of the training file out; with a validation_file there is nothing to hold out. Leave one of them out.',
      { param: name },
    );
  }
  if (!Object.hasOwn(base.fixed, name) || base.fixed[name] === value) return;
  throw new CodedError(
    'invalid_value',
    `${name} is ${JSON.stringify(base.fixed[name])} in ${body.model}, which the job continues from, and cannot become ${JSON.stringify(value)}. Leave it out, or train a preset.`,
    { param: name },
  );
}
