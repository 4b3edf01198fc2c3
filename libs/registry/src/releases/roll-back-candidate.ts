import type { Transaction } from '#database';
import { isCodedError } from '#errors';
import { insertAuditEntry } from '../audit/audit.repository.js';
import { assertReturnable } from '../deployments/assert-returnable.js';
import { changeIncumbent } from '../deployments/change-incumbent.js';
import { pinLocked } from '../deployments/pin-deployment.js';
import type { JsonObject } from '../records.js';
import {
  findModelVersion,
  lockModelVersions,
  setModelVersionState,
} from '../model-versions/model-version.repository.js';
import { enqueueWebhookEvent } from '../webhooks/enqueue-webhook-event.js';
import { changeRelease, readAgain, type LockedRelease, type ReleaseStep } from './change-release.js';
import { holdRelease, raiseAlarm } from './hold-release.js';
import { findQuarantine, quarantineVersion } from './quarantine.repository.js';
import type { Release } from './release.js';
import { countRollbacksOfLastDay } from './release.repository.js';
import { settleServing } from './settle-serving.js';

/**
 * Takes the candidate off by itself. Before its promotion that only ends its release: what a person pinned goes on serving.
 * After it, the deployment goes back to the version before, unless something stands in the way: a pin, too many rollbacks in
 * a day, a target that is in quarantine, did not pass `targetProblem`'s check or is not there to go back to. Then the
 * release is held and a person is called.
 *
 * @param targetProblem why the version to go back to cannot serve; null when its bundle was verified
 */
export async function rollBackCandidate(
  tx: Transaction,
  locked: LockedRelease,
  targetProblem: string | null,
  step: ReleaseStep,
): Promise<Release> {
  const { release, deployment } = locked;
  const isSpent = await isBudgetSpent(tx, locked, step.actor);
  if (release.stage !== 'watched') {
    const ended = await leaveBeforePromotion(tx, locked, step);
    return isSpent ? pinAfterRollback(tx, { ...locked, release: ended }, step) : ended;
  }
  const obstacle = await findObstacle(tx, locked, isSpent, targetProblem);
  if (obstacle === null) return returnToIncumbent(tx, locked, step);
  if (isSpent && deployment.pinnedAt === null)
    await pinLocked(tx, deployment, { ...step, reason: obstacle }, locked.at);
  // The same words as long as the same thing stands in the way: it is said once, however much more evidence comes in.
  const message = `${release.candidateVersionId} should be rolled back and is not, because a person is needed: ${obstacle}`;
  return holdRelease(tx, await readAgain(tx, locked), { resumes: false, alarm: true }, { ...step, message });
}

async function isBudgetSpent(tx: Transaction, { release }: LockedRelease, actor: string): Promise<boolean> {
  return (await countRollbacksOfLastDay(tx, release.deployment, actor)) >= release.policy.rollback.perDay;
}

/** Why a promoted candidate cannot be taken off by itself; null when nothing stands in the way. */
async function findObstacle(
  tx: Transaction,
  { release, deployment, at }: LockedRelease,
  isSpent: boolean,
  targetProblem: string | null,
): Promise<string | null> {
  const { incumbentVersionId: target, candidateVersionId: left, policy } = release;
  if (isSpent) return `${deployment.name} was rolled back by itself ${policy.rollback.perDay} times within a day.`;
  if (deployment.pinnedAt !== null && deployment.pinnedBy !== null)
    return `${deployment.pinnedBy} pinned ${deployment.name} at ${deployment.pinnedAt.toISOString()}.`;
  if (deployment.incumbentVersionId !== left) return `${deployment.name} does not serve ${left} any more.`;
  const quarantine = await findQuarantine(tx, target);
  if (quarantine !== null && quarantine.until > at)
    return `${target}, which it would go back to, is in quarantine until ${quarantine.until.toISOString()}.`;
  if (targetProblem !== null) return `${target}, which it would go back to, cannot serve: ${targetProblem}`;
  try {
    await assertReturnable(tx, target, left, deployment.name);
    return null;
  } catch (error) {
    if (isCodedError(error, 'conflict')) return error.message;
    throw error;
  }
}

async function leaveBeforePromotion(tx: Transaction, locked: LockedRelease, step: ReleaseStep): Promise<Release> {
  const { release, at } = locked;
  const { candidateVersionId: candidate } = release;
  await lockModelVersions(tx, [candidate]);
  const { state } = await findModelVersion(tx, candidate);
  // One that serves another deployment goes on doing so.
  if (state !== 'released' && state !== 'rolled_back') await setModelVersionState(tx, candidate, 'rolled_back');
  const ended = await endAsRolledBack(tx, locked, step, { deployment: release.deployment, candidate, promoted: false });
  const facts = { candidate, event: ended.event };
  await insertAuditEntry(tx, { ...step, reason: step.message }, 'release.roll_back', release.id, facts);
  await settleServing(tx, release.deployment, at, ended.event);
  return ended.release;
}

async function returnToIncumbent(tx: Transaction, locked: LockedRelease, step: ReleaseStep): Promise<Release> {
  const { release, deployment: found, at } = locked;
  const { candidateVersionId: from, incumbentVersionId: to } = release;
  const deployment = await changeIncumbent(tx, found, { to, previousVersionId: null, leavesAs: 'rolled_back' });
  const facts = { from, to, revision: deployment.revision, release: release.id };
  const ended = await endAsRolledBack(tx, locked, step, { deployment: found.name, ...facts, promoted: true });
  const by = { ...step, reason: step.message };
  await insertAuditEntry(tx, by, 'deployment.rollback', found.name, { ...facts, event: ended.event });
  await settleServing(tx, found.name, at, ended.event);
  return ended.release;
}

async function endAsRolledBack(
  tx: Transaction,
  locked: LockedRelease,
  step: ReleaseStep,
  facts: JsonObject,
): Promise<{ readonly release: Release; readonly event: string }> {
  const { release, at } = locked;
  const { candidateVersionId, policy } = release;
  const quarantine = await quarantineVersion(tx, candidateVersionId, at, step.message, policy);
  const evidence = { ...step.evidence, quarantinedUntil: quarantine.until.toISOString(), rollbacks: quarantine.count };
  const change = {
    state: 'rolled_back',
    share: 0,
    heldAt: null,
    resumes: null,
    endedAt: at,
    reason: step.message,
  } as const;
  const { release: ended, event } = await changeRelease(tx, locked, 'rolled_back', change, { ...step, evidence });
  await enqueueWebhookEvent(tx, 'release.rolled_back', {
    release: release.id,
    ...facts,
    message: step.message,
    quarantinedUntil: quarantine.until.toISOString(),
  });
  return { release: ended, event: event.id };
}

/** After one rollback too many nothing more happens by itself until a person has looked. */
async function pinAfterRollback(tx: Transaction, locked: LockedRelease, step: ReleaseStep): Promise<Release> {
  const { release, deployment, at } = locked;
  const reason = `${release.policy.rollback.perDay} candidates were rolled back within a day before this one; nothing more is released by itself.`;
  if (deployment.pinnedAt === null) await pinLocked(tx, deployment, { ...step, reason }, at);
  await raiseAlarm(tx, locked, { ...step, message: `${step.message} ${reason}` });
  return release;
}
