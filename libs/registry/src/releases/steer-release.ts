import type { Database, Transaction } from '#database';
import { CodedError } from '#errors';
import { insertAuditEntry } from '../audit/audit.repository.js';
import type { Actor } from '../inputs.js';
import { changeRelease, lockRelease, type LockedRelease, type ReleaseStep } from './change-release.js';
import { endRelease } from './end-release.js';
import { enterNextStage, promoteCandidate, resumeStage } from './enter-stage.js';
import type { Release } from './release.js';
import { settleServing } from './settle-serving.js';

/**
 * Stops a release from going forward until it is resumed. Its candidate keeps its share, is measured, and is rolled back when
 * it must be. Pausing what is paused changes nothing.
 *
 * @throws release_not_found; conflict when the release has ended
 */
export function pauseRelease(database: Database, id: string, by: Actor): Promise<Release> {
  return steer(database, id, by, 'release.pause', async (tx, locked, step) => {
    if (locked.release.pausedAt !== null) return null;
    const change = { pausedAt: locked.at, pausedBy: by.actor };
    return changeAndSettle(tx, locked, 'paused', change, step(`${by.actor} paused the release`));
  });
}

/**
 * Lets a release go on that is paused or held; the limits of time count anew.
 *
 * @throws release_not_found; conflict when it is neither, has ended, or its deployment is pinned and it is not promoted
 */
export function resumeRelease(database: Database, id: string, by: Actor): Promise<Release> {
  return steer(database, id, by, 'release.resume', async (tx, locked, step) => {
    const { release, deployment, at } = locked;
    const isHeld = release.state === 'held';
    if (release.pausedAt === null && !isHeld)
      throw new CodedError('conflict', `The release ${id} is ${release.state}; it is neither paused nor held.`);
    if (isHeld && deployment.pinnedAt !== null && release.stage !== 'watched')
      throw new CodedError('conflict', `The release ${id} is held while ${deployment.name} is pinned; unpin it first.`);
    const text = step(`${by.actor} let the release go on`);
    const change = { pausedAt: null, pausedBy: null, resumedAt: at };
    if (!isHeld) return changeAndSettle(tx, locked, 'unpaused', change, text);
    const released =
      release.pausedAt === null ? release : (await changeRelease(tx, locked, 'unpaused', change, text)).release;
    return resumeStage(tx, { ...locked, release: released }, at, text);
  });
}

/**
 * Ends a release: a candidate that is not promoted serves nothing any more and may be released again at once; one that is
 * promoted goes on serving and is watched no longer.
 *
 * @throws release_not_found; conflict when the release has ended
 */
export function abortRelease(database: Database, id: string, by: Actor): Promise<Release> {
  return steer(database, id, by, 'release.abort', (tx, locked, step) =>
    endRelease(tx, locked, 'aborted', step(`${by.actor} aborted the release`)),
  );
}

/**
 * Takes a release to its next stage without waiting for evidence: the next share, the promotion after the last, the end of
 * the watch. A pin does not stand in the way: a person decides.
 *
 * @throws release_not_found; conflict when the release has ended or its candidate has not passed the gates
 */
export function advanceRelease(database: Database, id: string, by: Actor): Promise<Release> {
  return steer(database, id, by, 'release.advance', (tx, locked, step) => {
    const { stage, stageIndex, policy } = locked.release;
    if (stage === 'watched') return endRelease(tx, locked, 'completed', step(`${by.actor} ended the watch`));
    if (stageIndex + 1 < policy.stages.length)
      return enterNextStage(tx, locked, step(`${by.actor} took the release to its next stage`));
    return promoteCandidate(tx, locked, step(`${by.actor} promoted the candidate`));
  });
}

/** What a person does to a release that is open: the change, if there is one, and its line in the audit. */
function steer(
  database: Database,
  id: string,
  by: Actor,
  action: string,
  change: (tx: Transaction, locked: LockedRelease, step: (text: string) => ReleaseStep) => Promise<Release | null>,
): Promise<Release> {
  return database.transaction(async (tx) => {
    const locked = await lockRelease(tx, id);
    const { release } = locked;
    if (release.endedAt !== null)
      throw new CodedError('conflict', `The release ${id} has ended: it is ${release.state}.`);
    const { actor, reason = null, requestId = null } = by;
    const step = (text: string): ReleaseStep => ({
      actor,
      reason,
      requestId,
      message: reason ? `${text}: ${reason}` : `${text}.`,
    });
    const changed = await change(tx, locked, step);
    if (changed === null) return release;
    const states = { from: release.state, to: changed.state, stage: changed.stageIndex };
    await insertAuditEntry(tx, by, action, id, states);
    return changed;
  });
}

async function changeAndSettle(
  tx: Transaction,
  locked: LockedRelease,
  kind: Parameters<typeof changeRelease>[2],
  change: Parameters<typeof changeRelease>[3],
  step: ReleaseStep,
): Promise<Release> {
  const { release, event } = await changeRelease(tx, locked, kind, change, step);
  await settleServing(tx, release.deployment, locked.at, event.id);
  return release;
}
