import type { Database, Transaction } from '#database';
import { insertAuditEntry } from '../audit/audit.repository.js';
import { readClock } from '../clock.repository.js';
import type { Promotion } from '../inputs.js';
import type { Deployment } from '../records.js';
import { endQuarantine } from '../releases/quarantine.repository.js';
import { settleServing } from '../releases/settle-serving.js';
import { supersedeRelease } from '../releases/supersede-release.js';
import { changeIncumbent } from './change-incumbent.js';
import { lockDeployment } from './deployment.repository.js';

/**
 * Lets a version serve a deployment because a person says so: states, deployment, audit and notification in one transaction.
 * Two promotions of one deployment happen one after the other. An open release is superseded, and neither a pin nor a
 * quarantine stands in the way of a person. Promoting what already serves changes nothing else.
 *
 * @throws deployment_not_found; model_not_found; conflict when the version was rejected
 */
export function promoteVersion(database: Database, promotion: Promotion): Promise<Deployment> {
  const { deployment: name, versionId } = promotion;
  return database.transaction(async (tx) => {
    const found = await lockDeployment(tx, name);
    const former = found.incumbentVersionId;
    const at = await readClock(tx);
    if (former === versionId) {
      await keepIncumbent(tx, found, at, promotion);
      return found;
    }
    const change = { to: versionId, previousVersionId: former, leavesAs: 'retired' } as const;
    const deployment = await changeIncumbent(tx, found, change);
    await endQuarantine(tx, versionId, at);
    const release = await supersedeRelease(tx, name, at, promotion, `${promotion.actor} promoted ${versionId}.`);
    const audit = await insertAuditEntry(tx, promotion, 'deployment.promote', name, {
      from: former,
      to: versionId,
      revision: deployment.revision,
      ...(release && { superseded: release.id }),
    });
    return settleServing(tx, name, at, audit);
  });
}

/** A person who promotes what serves wants it to go on serving: no release may change that any more. */
async function keepIncumbent(tx: Transaction, { name }: Deployment, at: Date, promotion: Promotion): Promise<void> {
  const { actor, versionId } = promotion;
  const release = await supersedeRelease(tx, name, at, promotion, `${actor} keeps ${versionId}.`);
  if (release === null) return;
  const audit = await insertAuditEntry(tx, promotion, 'release.supersede', release.id, { keeps: versionId });
  await settleServing(tx, name, at, audit);
}
