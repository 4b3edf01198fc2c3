import type { Database } from '#database';
import { CodedError } from '#errors';
import { insertAuditEntry } from '../audit/audit.repository.js';
import type { Actor } from '../inputs.js';
import type { VersionUse } from '../lineage/lineage.js';
import type { ModelVersion } from '../records.js';
import {
  findModelVersion,
  findRecordedVersion,
  findVersionUse,
  lockModelVersions,
  markVersionDeleted,
} from './model-version.repository.js';

/**
 * Gives the bytes of a version up. Its row stays, because runs, releases and the audit name it. A promotion at the same time
 * waits for the same row, so that one of the two finds what the other has done.
 *
 * @throws model_not_found; conflict when something needs it
 */
export function deleteVersion(database: Database, id: string, actor: Actor): Promise<ModelVersion> {
  return database.transaction(async (tx) => {
    await lockModelVersions(tx, [id]);
    const { bundleSha256 } = await findModelVersion(tx, id);
    refuseUsed(id, await findVersionUse(tx, id));
    await markVersionDeleted(tx, id);
    await insertAuditEntry(tx, actor, 'version.delete', id, { bundleSha256 });
    return findRecordedVersion(tx, id);
  });
}

function refuseUsed(id: string, { deployment, release, trainingRun, upgradeExperiment }: VersionUse): void {
  const refuse = (reason: string): never => {
    throw new CodedError('conflict', `The model version ${id} cannot be deleted: ${reason}`);
  };
  if (deployment !== null) {
    refuse(`the deployment ${deployment} serves it or would be rolled back to it. Promote another one first.`);
  }
  if (release !== null) refuse(`the release ${release} compares it. Abort the release or wait for its end.`);
  if (trainingRun !== null) refuse(`the job ${trainingRun} continues from it. Cancel the job or wait for its end.`);
  if (upgradeExperiment !== null) {
    refuse(`the upgrade experiment ${upgradeExperiment} compares it. Cancel the experiment or wait for its end.`);
  }
}
