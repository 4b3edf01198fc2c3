import type { Database } from '#database';
import type { TrainingRun } from '../records.js';
import { assertRunTransition } from './owned-run.js';
import { insertRunEvent } from './run-event.repository.js';
import { lockTrainingRun, updateTrainingRun } from './training-run.repository.js';

/**
 * Gives a queued run to the caller; every later write of this worker names the fence.
 *
 * @throws job_not_found; conflict when the run is not queued
 */
export function startRun(
  database: Database,
  id: string,
): Promise<{ readonly run: TrainingRun; readonly fence: number }> {
  return database.transaction(async (tx) => {
    const found = await lockTrainingRun(tx, id);
    assertRunTransition(found, 'running');
    const now = new Date();
    const run = await updateTrainingRun(tx, id, {
      state: 'running',
      attempt: found.attempt + 1,
      fence: found.fence + 1,
      fruitlessAttempts: found.fruitlessAttempts + 1,
      startedAt: found.startedAt ?? now,
      heartbeatAt: now,
    });
    await insertRunEvent(tx, id, {
      message: run.attempt === 1 ? 'The job has started.' : `The job has started again (attempt ${run.attempt}).`,
    });
    return { run, fence: run.fence };
  });
}
