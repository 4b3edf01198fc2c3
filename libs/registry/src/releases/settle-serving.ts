import type { Transaction } from '#database';
import { stageAt } from '#release-policy';
import { countServing } from '../deployments/deployment.repository.js';
import type { Deployment } from '../records.js';
import type { Release } from './release.js';
import { findOpenRelease } from './release.repository.js';
import { tellServing } from './serving-notice.js';
import { updateServingPeriods, type ServingRole } from './serving-period.repository.js';

/**
 * Writes down who serves a deployment, which must be locked, after everything else of a change was written, and tells every
 * replica when the transaction is committed.
 *
 * @returns the deployment as it is now
 * @param cause id of the audit entry or release event that tells why
 */
export async function settleServing(tx: Transaction, name: string, at: Date, cause: string): Promise<Deployment> {
  const deployment = await countServing(tx, name);
  const release = await findOpenRelease(tx, name);
  await updateServingPeriods(tx, name, servingRoles(deployment, release), at, cause);
  await tellServing(tx, deployment, release);
  return deployment;
}

/** Which versions serve with which share. */
function servingRoles({ incumbentVersionId }: Deployment, release: Release | null): ServingRole[] {
  if (incumbentVersionId === null) return [];
  const role = (name: ServingRole['role'], versionId: string, share: number): ServingRole[] =>
    share === 0 ? [] : [{ role: name, versionId, share, releaseId: share === 1 ? null : (release?.id ?? null) }];
  if (release === null || release.share === 0) return role('incumbent', incumbentVersionId, 1);
  const { share, candidateVersionId } = release;
  if (release.stage === 'watched') {
    return [
      ...role('incumbent', incumbentVersionId, share),
      ...role('former', release.incumbentVersionId, formerShare(release)),
    ];
  }
  return [...role('incumbent', incumbentVersionId, 1 - share), ...role('candidate', candidateVersionId, share)];
}

/** As the policy states it: 1 - (1 - 0.1) is another number. */
function formerShare({ policy, share }: Release): number {
  return share === stageAt(policy, policy.stages.length).share ? policy.watch.incumbentShare : 1 - share;
}
