import type { Transaction } from '#database';
import { CodedError } from '#errors';
import { findDeploymentIfAny } from '../deployments/deployment.repository.js';
import type { ModelVersion } from '../records.js';
import { findModelVersion, findModelVersionIfAny, findNewestReleased } from './model-version.repository.js';

/**
 * The version that a `model` of the API means: a version's id, a deployment, a preset (its newest released version) or
 * an alias of one of these.
 *
 * @throws model_not_found; no_model_ready when a deployment has no version yet
 */
export async function resolveModel(
  client: Transaction,
  name: string,
  aliases: Readonly<Record<string, string>>,
): Promise<ModelVersion> {
  const target = Object.hasOwn(aliases, name) ? aliases[name] : undefined;
  const version = (await findByName(client, name)) ?? (target === undefined ? null : await findByName(client, target));
  if (version !== null) return version;
  throw new CodedError(
    'model_not_found',
    `The model ${JSON.stringify(name)} does not exist; GET /v1/models lists those that do.`,
    {
      param: 'model',
    },
  );
}

async function findByName(client: Transaction, name: string): Promise<ModelVersion | null> {
  const version = await findModelVersionIfAny(client, name);
  if (version !== null) return version;
  const deployment = await findDeploymentIfAny(client, name);
  if (deployment === null) return findNewestReleased(client, name);
  if (deployment.incumbentVersionId !== null) return findModelVersion(client, deployment.incumbentVersionId);
  throw new CodedError(
    'no_model_ready',
    `The deployment ${name} has no model yet; train one and promote it with POST /v1/admin/deployments/${name}/promote.`,
    { param: 'model' },
  );
}
