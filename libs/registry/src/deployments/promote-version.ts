import { notify, type Database } from '#database';
import { insertAuditEntry } from '../audit/audit.repository.js';
import { DEPLOYMENTS_CHANNEL } from '../channels.js';
import type { Promotion } from '../inputs.js';
import {
  findModelVersion,
  lockModelVersions,
  setModelVersionState,
} from '../model-versions/model-version.repository.js';
import type { Deployment } from '../records.js';
import { assertTransition, MODEL_VERSION_TRANSITIONS } from '../transitions.js';
import { compareAndSetDeployment, lockDeployment, servesElsewhere } from './deployment.repository.js';

/**
 * Lets a version serve a deployment: states, deployment, audit and notification in one transaction. Two promotions of
 * one deployment happen one after the other. Promoting what already serves changes nothing.
 *
 * @throws deployment_not_found; model_not_found; conflict when the version was rejected
 */
export function promoteVersion(database: Database, promotion: Promotion): Promise<Deployment> {
  const { deployment: name, versionId } = promotion;
  return database.transaction(async (tx) => {
    const found = await lockDeployment(tx, name);
    const former = found.incumbentVersionId;
    if (former === versionId) return found;
    await lockModelVersions(tx, former === null ? [versionId] : [versionId, former]);
    const version = await findModelVersion(tx, versionId);
    // A version that serves another deployment is released already.
    if (version.state !== 'released') {
      assertTransition(MODEL_VERSION_TRANSITIONS, `model version ${versionId}`, version.state, 'released');
      await setModelVersionState(tx, versionId, 'released');
    }
    if (former !== null && !(await servesElsewhere(tx, former, name)))
      await setModelVersionState(tx, former, 'retired');
    const deployment = await compareAndSetDeployment(tx, found, {
      incumbentVersionId: versionId,
      previousVersionId: former,
    });
    await insertAuditEntry(tx, promotion, 'deployment.promote', name, {
      from: former,
      to: versionId,
      revision: deployment.revision,
    });
    await notify(tx, DEPLOYMENTS_CHANNEL, name);
    return deployment;
  });
}
