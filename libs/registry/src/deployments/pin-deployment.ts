import { notify, type Database, type Transaction } from '#database';
import { insertAuditEntry } from '../audit/audit.repository.js';
import { DEPLOYMENTS_CHANNEL } from '../channels.js';
import { readClock } from '../clock.repository.js';
import type { Actor } from '../inputs.js';
import type { Deployment } from '../records.js';
import { holdRelease } from '../releases/hold-release.js';
import { findOpenRelease } from '../releases/release.repository.js';
import { compareAndSetDeployment, lockDeployment } from './deployment.repository.js';

/**
 * Pins a deployment to what it serves: nothing but a person changes that until it is unpinned. A release that is not promoted
 * is held, and its candidate serves nothing meanwhile; one that is watched goes on being watched, and where it would be
 * rolled back a person is called instead. Pinning again changes who pinned it and why.
 *
 * @throws deployment_not_found
 */
export function pinDeployment(database: Database, name: string, by: Actor): Promise<Deployment> {
  return database.transaction(async (tx) => {
    const found = await lockDeployment(tx, name);
    const at = await readClock(tx);
    const deployment = await pinLocked(tx, found, by, at);
    const release = await findOpenRelease(tx, name);
    if (release !== null && release.stage !== 'watched') {
      const message = `${by.actor} pinned ${name}${by.reason ? `: ${by.reason}` : '.'}`;
      await holdRelease(tx, { release, deployment, at }, { resumes: true, share: 0 }, { ...by, message });
    }
    return deployment;
  });
}

/** Lets releases change a deployment again. A release that the pin has held goes on by itself. Twice is as good as once. */
export function unpinDeployment(database: Database, name: string, by: Actor): Promise<Deployment> {
  return database.transaction(async (tx) => {
    const found = await lockDeployment(tx, name);
    if (found.pinnedAt === null) return found;
    const change = { pinnedAt: null, pinnedBy: null, pinReason: null };
    const deployment = await compareAndSetDeployment(tx, found, change);
    const before = { pinnedBy: found.pinnedBy, pinReason: found.pinReason };
    await insertAuditEntry(tx, by, 'deployment.unpin', name, { ...before, revision: deployment.revision });
    await notify(tx, DEPLOYMENTS_CHANNEL, name);
    return deployment;
  });
}

/** Pins a deployment that the transaction has locked. */
export async function pinLocked(tx: Transaction, found: Deployment, by: Actor, at: Date): Promise<Deployment> {
  const change = { pinnedAt: at, pinnedBy: by.actor, pinReason: by.reason ?? null };
  const deployment = await compareAndSetDeployment(tx, found, change);
  const facts = { version: found.incumbentVersionId, revision: deployment.revision };
  await insertAuditEntry(tx, by, 'deployment.pin', found.name, facts);
  await notify(tx, DEPLOYMENTS_CHANNEL, found.name);
  return deployment;
}
