import type { Transaction } from '#database';
import { CodedError } from '#errors';
import { stageAt } from '#release-policy';
import { insertAuditEntry } from '../audit/audit.repository.js';
import { changeIncumbent } from '../deployments/change-incumbent.js';
import type { JsonObject } from '../records.js';
import { enqueueWebhookEvent } from '../webhooks/enqueue-webhook-event.js';
import { changeRelease, type LockedRelease, type ReleaseStep } from './change-release.js';
import type { Release } from './release.js';
import { settleServing } from './settle-serving.js';

const NOT_HELD = { heldAt: null, resumes: null } as const;

/** Notes that the candidate has passed the gates; its first stage begins now. */
export async function passGates(
  tx: Transaction,
  locked: LockedRelease,
  gates: JsonObject,
  step: ReleaseStep,
): Promise<Release> {
  const { release, at } = locked;
  const { name: stage, share } = stageAt(release.policy, 0);
  const change = { state: stage, stage, share, gates, stageSince: at, ...NOT_HELD };
  const { release: passed, event } = await changeRelease(tx, locked, 'gates_passed', change, step);
  await settleServing(tx, release.deployment, at, event.id);
  return passed;
}

/**
 * Takes a release that is not promoted to its next stage.
 *
 * @throws conflict when the candidate has not passed the gates or the stage is the last before promotion
 */
export async function enterNextStage(tx: Transaction, locked: LockedRelease, step: ReleaseStep): Promise<Release> {
  const { release, at } = locked;
  requireGates(release);
  const stageIndex = release.stageIndex + 1;
  if (stageIndex >= release.policy.stages.length)
    throw new CodedError('conflict', `The release ${release.id} is in the last stage before promotion.`);
  const { name: stage, share } = stageAt(release.policy, stageIndex);
  const change = { state: stage, stage, stageIndex, share, stageSince: at, ...NOT_HELD };
  const { release: advanced, event } = await changeRelease(tx, locked, 'advanced', change, step);
  await settleServing(tx, release.deployment, at, event.id);
  return advanced;
}

/**
 * Makes the candidate the incumbent and begins the watch: states, deployment, release, evidence, audit, webhooks and
 * notification belong to the same transaction.
 *
 * @throws conflict when the candidate has not passed the gates or is the incumbent already, or the incumbent has changed
 */
export async function promoteCandidate(tx: Transaction, locked: LockedRelease, step: ReleaseStep): Promise<Release> {
  const { release, deployment: found, at } = locked;
  requireGates(release);
  if (found.incumbentVersionId !== release.incumbentVersionId) {
    const text = `The release ${release.id} compares with ${release.incumbentVersionId}, and ${found.name} serves ${found.incumbentVersionId ?? 'nothing'}.`;
    throw new CodedError('conflict', text);
  }
  const { candidateVersionId: to, incumbentVersionId: from } = release;
  const deployment = await changeIncumbent(tx, found, { to, previousVersionId: from, leavesAs: 'retired' });
  const stageIndex = release.policy.stages.length;
  const { name: stage, share } = stageAt(release.policy, stageIndex);
  const change = { state: stage, stage, stageIndex, share, stageSince: at, promotedAt: at, ...NOT_HELD };
  const { release: promoted, event } = await changeRelease(tx, locked, 'promoted', change, step);
  const facts = { from, to, revision: deployment.revision, release: release.id };
  const by = { ...step, reason: step.reason ?? step.message };
  await insertAuditEntry(tx, by, 'deployment.promote', found.name, { ...facts, event: event.id });
  await enqueueWebhookEvent(tx, 'release.promoted', { deployment: found.name, ...facts, message: step.message });
  await settleServing(tx, found.name, at, event.id);
  return promoted;
}

/**
 * Lets a held release go on where it was.
 *
 * @param resumedAt when a person lets it go on; what it was before when it goes on by itself
 */
export async function resumeStage(
  tx: Transaction,
  locked: LockedRelease,
  resumedAt: Date | null,
  step: ReleaseStep,
): Promise<Release> {
  const { release, at } = locked;
  const share = release.gates === null ? 0 : stageAt(release.policy, release.stageIndex).share;
  const change = { state: release.stage, share, resumedAt, ...NOT_HELD };
  const { release: resumed, event } = await changeRelease(tx, locked, 'resumed', change, step);
  await settleServing(tx, release.deployment, at, event.id);
  return resumed;
}

function requireGates({ id, gates }: Release): void {
  if (gates !== null) return;
  throw new CodedError('conflict', `The candidate of the release ${id} has not passed the gates yet.`);
}
