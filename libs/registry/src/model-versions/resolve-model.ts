import type { Transaction } from '#database';
import { CodedError } from '#errors';
import { findDeploymentIfAny } from '../deployments/deployment.repository.js';
import { findCheckpointIfAny } from '../checkpoints/checkpoint.repository.js';
import type { ModelVersion, ServableModel } from '../records.js';
import { findModelVersion, findModelVersionIfAny, findNewestReleased } from './model-version.repository.js';

/**
 * What a `model` of the API means: a version's id, a checkpoint, a deployment, a preset (its newest released version) or
 * an alias of one of these.
 *
 * @throws model_not_found; no_model_ready when a deployment has no version yet
 */
export async function resolveModel(
  client: Transaction,
  name: string,
  aliases: Readonly<Record<string, string>>,
): Promise<ServableModel> {
  const target = Object.hasOwn(aliases, name) ? aliases[name] : undefined;
  const model = (await findByName(client, name)) ?? (target === undefined ? null : await findByName(client, target));
  if (model !== null) return model;
  throw new CodedError(
    'model_not_found',
    `The model ${JSON.stringify(name)} does not exist; GET /v1/models lists those that do.`,
    {
      param: 'model',
    },
  );
}

async function findByName(client: Transaction, name: string): Promise<ServableModel | null> {
  const version = await findModelVersionIfAny(client, name);
  if (version !== null) return version;
  const checkpoint = await findCheckpointIfAny(client, name);
  if (checkpoint !== null) return { ...checkpoint, id: checkpoint.modelId };
  return findNamedVersion(client, name);
}

async function findNamedVersion(client: Transaction, name: string): Promise<ModelVersion | null> {
  const deployment = await findDeploymentIfAny(client, name);
  if (deployment === null) return findNewestReleased(client, name);
  if (deployment.incumbentVersionId !== null) return findModelVersion(client, deployment.incumbentVersionId);
  throw new CodedError(
    'no_model_ready',
    `The deployment ${name} has no model yet; train one and promote it with POST /v1/admin/deployments/${name}/promote.`,
    { param: 'model' },
  );
}
