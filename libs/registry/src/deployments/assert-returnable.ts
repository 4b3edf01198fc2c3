import type { Transaction } from '#database';
import { CodedError } from '#errors';
import { findModelVersion, lockModelVersions } from '../model-versions/model-version.repository.js';
import { servesElsewhere } from './deployment.repository.js';

/** Checks that a deployment may go back from one version to another, and keeps the states of both. @throws conflict */
export async function assertReturnable(
  tx: Transaction,
  target: string,
  left: string,
  deployment: string,
): Promise<void> {
  await lockModelVersions(tx, [left, target]);
  const { state } = await findModelVersion(tx, target);
  if (state === 'retired' || (state === 'released' && (await servesElsewhere(tx, target, deployment)))) return;
  throw new CodedError(
    'conflict',
    `The model version ${target} is ${state}; only a retired version, one that served before, can be rolled back to.`,
    { param: 'to' },
  );
}
