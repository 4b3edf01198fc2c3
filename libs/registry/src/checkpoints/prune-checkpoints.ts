import type { Database } from '#database';
import { findRunsToPrune, lockCheckpointsOf, markCheckpointsRemoved } from './checkpoint.repository.js';
import { checkpointsToRemove } from './checkpoints-to-remove.js';

/**
 * Gives up what retention no longer keeps: checkpoints that a run needed which has ended by now, and those that a smaller
 * `keepEvery` no longer keeps. Returns how many.
 */
export async function pruneCheckpoints(database: Database, keepEvery: number): Promise<number> {
  let removed = 0;
  for (const runId of await database.query((client) => findRunsToPrune(client, keepEvery))) {
    removed += await database.transaction(async (tx) => {
      const ids = checkpointsToRemove(await lockCheckpointsOf(tx, runId), keepEvery);
      await markCheckpointsRemoved(tx, ids);
      return ids.length;
    });
  }
  return removed;
}
