import type { Database } from '#database';
import { CodedError } from '#errors';
import { insertAuditEntry } from '../audit/audit.repository.js';
import { readClock } from '../clock.repository.js';
import type { Rollback } from '../inputs.js';
import type { Deployment } from '../records.js';
import { settleServing } from '../releases/settle-serving.js';
import { supersedeRelease } from '../releases/supersede-release.js';
import { assertReturnable } from './assert-returnable.js';
import { changeIncumbent } from './change-incumbent.js';
import { lockDeployment } from './deployment.repository.js';

/**
 * Lets a deployment go back to its previous version, or to the retired version `to`, because a person says so; the version
 * that it leaves is rolled back: nothing goes back to it, but it can be promoted again. Afterwards there is no previous
 * version. An open release is superseded.
 *
 * @throws deployment_not_found; model_not_found; conflict when there is nothing to go back to, or `to` was not retired
 */
export function rollbackDeployment(database: Database, rollback: Rollback): Promise<Deployment> {
  const { deployment: name } = rollback;
  return database.transaction(async (tx) => {
    const found = await lockDeployment(tx, name);
    const { left, target } = chooseVersions(found, rollback.to ?? null);
    await assertReturnable(tx, target, left, name);
    const at = await readClock(tx);
    const change = { to: target, previousVersionId: null, leavesAs: 'rolled_back' } as const;
    const deployment = await changeIncumbent(tx, found, change);
    const release = await supersedeRelease(tx, name, at, rollback, `${rollback.actor} went back to ${target}.`);
    const audit = await insertAuditEntry(tx, rollback, 'deployment.rollback', name, {
      from: left,
      to: target,
      revision: deployment.revision,
      ...(release && { superseded: release.id }),
    });
    return settleServing(tx, name, at, audit);
  });
}

function chooseVersions(found: Deployment, to: string | null): { readonly left: string; readonly target: string } {
  const { name, incumbentVersionId: left } = found;
  const target = to ?? found.previousVersionId;
  if (left === null)
    throw new CodedError('conflict', `The deployment ${name} serves no version, so it cannot be rolled back.`);
  if (target === null) {
    throw new CodedError(
      'conflict',
      `The deployment ${name} has no previous version; name the version to go back to in "to".`,
    );
  }
  if (target === left)
    throw new CodedError('conflict', `The deployment ${name} already serves ${target}.`, { param: 'to' });
  return { left, target };
}
