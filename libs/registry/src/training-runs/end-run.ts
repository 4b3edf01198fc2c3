import type { Database } from '#database';
import type { RunFailure } from '../inputs.js';
import type { TrainingRun } from '../records.js';
import { assertRunTransition, lockOwnedRun } from './owned-run.js';
import { insertRunEvent } from './run-event.repository.js';
import { updateTrainingRun } from './training-run.repository.js';

/** Ends a run as failed. @throws conflict when it is no longer this worker's or has ended */
export function failRun(database: Database, id: string, fence: number, failure: RunFailure): Promise<TrainingRun> {
  return database.transaction(async (tx) => {
    assertRunTransition(await lockOwnedRun(tx, id, fence), 'failed');
    const { code, message, param = null } = failure;
    await insertRunEvent(tx, id, { level: 'error', message: `The job failed: ${message}`, data: { code, param } });
    return updateTrainingRun(tx, id, { state: 'failed', finishedAt: new Date(), error: { code, message, param } });
  });
}

/** Ends a run as cancelled. @throws conflict when it is no longer this worker's or has ended */
export function cancelRun(database: Database, id: string, fence: number): Promise<TrainingRun> {
  return database.transaction(async (tx) => {
    assertRunTransition(await lockOwnedRun(tx, id, fence), 'cancelled');
    await insertRunEvent(tx, id, { message: 'The job was cancelled.' });
    return updateTrainingRun(tx, id, { state: 'cancelled', desiredState: 'cancelled', finishedAt: new Date() });
  });
}
