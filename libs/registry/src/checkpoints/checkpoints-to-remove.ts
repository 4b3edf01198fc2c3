import type { RetainedCheckpoint } from './checkpoint.repository.js';

/**
 * Which checkpoints of a run are given up: all but the best, the last, every `keepEvery`-th (0 = none) and those that a
 * run which has not ended continues from.
 *
 * @param checkpoints in the order of their steps
 */
export function checkpointsToRemove(checkpoints: readonly RetainedCheckpoint[], keepEvery: number): readonly string[] {
  const best = checkpoints.reduce<RetainedCheckpoint | undefined>(
    // The earlier of two that are equally good.
    (found, next) => (found === undefined || next.validationLossNats < found.validationLossNats ? next : found),
    undefined,
  );
  const last = checkpoints.at(-1);
  return checkpoints
    .filter((checkpoint) => checkpoint !== best && checkpoint !== last && !checkpoint.needed)
    .filter(({ number }) => keepEvery === 0 || number % keepEvery !== 0)
    .map(({ id }) => id);
}
