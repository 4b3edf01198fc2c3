import { notify, type Database } from '#database';
import { CodedError } from '#errors';
import { insertAuditEntry } from '../audit/audit.repository.js';
import { DEPLOYMENTS_CHANNEL } from '../channels.js';
import type { Rollback } from '../inputs.js';
import {
  findModelVersion,
  lockModelVersions,
  setModelVersionState,
} from '../model-versions/model-version.repository.js';
import type { Deployment } from '../records.js';
import { assertTransition, MODEL_VERSION_TRANSITIONS } from '../transitions.js';
import { compareAndSetDeployment, lockDeployment, servesElsewhere } from './deployment.repository.js';

/**
 * Lets a deployment go back to its previous version, or to the retired version `to`; the version that it leaves is
 * rolled back: nothing goes back to it, but it can be promoted again. Afterwards there is no previous version.
 *
 * @throws deployment_not_found; model_not_found; conflict when there is nothing to go back to, or `to` was not retired
 */
export function rollbackDeployment(database: Database, rollback: Rollback): Promise<Deployment> {
  const { deployment: name } = rollback;
  return database.transaction(async (tx) => {
    const found = await lockDeployment(tx, name);
    const { left, target } = chooseVersions(found, rollback.to ?? null);
    await lockModelVersions(tx, [left, target]);
    const { state } = await findModelVersion(tx, target);
    if (state !== 'released' || !(await servesElsewhere(tx, target, name))) {
      if (state !== 'retired') throw notRetired(target, state);
      assertTransition(MODEL_VERSION_TRANSITIONS, `model version ${target}`, state, 'released');
      await setModelVersionState(tx, target, 'released');
    }
    if (!(await servesElsewhere(tx, left, name))) await setModelVersionState(tx, left, 'rolled_back');
    const deployment = await compareAndSetDeployment(tx, found, {
      incumbentVersionId: target,
      previousVersionId: null,
    });
    await insertAuditEntry(tx, rollback, 'deployment.rollback', name, {
      from: left,
      to: target,
      revision: deployment.revision,
    });
    await notify(tx, DEPLOYMENTS_CHANNEL, name);
    return deployment;
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

function notRetired(id: string, state: string): CodedError {
  return new CodedError(
    'conflict',
    `The model version ${id} is ${state}; only a retired version, one that served before, can be rolled back to.`,
    { param: 'to' },
  );
}
