import type { Transaction } from '#database';
import {
  findModelVersion,
  lockModelVersions,
  setModelVersionState,
} from '../model-versions/model-version.repository.js';
import type { Deployment } from '../records.js';
import { assertTransition, MODEL_VERSION_TRANSITIONS, type ModelVersionState } from '../transitions.js';
import { compareAndSetDeployment, servesElsewhere } from './deployment.repository.js';

/** What serves a deployment from now on, and what becomes of the version that it replaces. */
export interface IncumbentChange {
  readonly to: string;
  readonly previousVersionId: string | null;
  /** State of the version that leaves, unless it serves elsewhere. */
  readonly leavesAs: Extract<ModelVersionState, 'retired' | 'rolled_back'>;
}

/**
 * Gives a deployment, which must be locked, another incumbent: states of both versions and the deployment's row.
 *
 * @throws model_not_found; conflict when the version was rejected or someone else has changed the deployment
 */
export async function changeIncumbent(
  tx: Transaction,
  found: Deployment,
  { to, previousVersionId, leavesAs }: IncumbentChange,
): Promise<Deployment> {
  const { name, incumbentVersionId: left } = found;
  await lockModelVersions(tx, left === null ? [to] : [to, left]);
  const { state } = await findModelVersion(tx, to);
  // A version that serves another deployment is released already.
  if (state !== 'released') {
    assertTransition(MODEL_VERSION_TRANSITIONS, `model version ${to}`, state, 'released');
    await setModelVersionState(tx, to, 'released');
  }
  if (left !== null && !(await servesElsewhere(tx, left, name))) await setModelVersionState(tx, left, leavesAs);
  return compareAndSetDeployment(tx, found, { incumbentVersionId: to, previousVersionId });
}
