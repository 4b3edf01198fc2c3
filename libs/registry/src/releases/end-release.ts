import type { Transaction } from '#database';
import { changeRelease, type LockedRelease, type ReleaseStep } from './change-release.js';
import type { Release } from './release.js';
import { settleServing } from './settle-serving.js';

/**
 * Ends a release that is not judged any more: `completed` after a watch that saw nothing, `aborted` because somebody wants
 * it to end. What serves goes on serving; a candidate that was not promoted serves nothing any more.
 *
 * @throws conflict when the release has ended, or is not watched and is to be completed
 */
export async function endRelease(
  tx: Transaction,
  locked: LockedRelease,
  state: 'completed' | 'aborted',
  step: ReleaseStep,
): Promise<Release> {
  const { release, at } = locked;
  const change = { state, share: 0, heldAt: null, resumes: null, endedAt: at, reason: step.message };
  const { release: ended, event } = await changeRelease(tx, locked, state, change, step);
  await settleServing(tx, release.deployment, at, event.id);
  return ended;
}
