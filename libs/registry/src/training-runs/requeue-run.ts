import type { Database, Transaction } from '#database';
import type { TrainingRun } from '../records.js';
import { assertRunTransition, lockOwnedRun } from './owned-run.js';
import { insertRunEvent } from './run-event.repository.js';
import { findTrainingRun, lockSilentRuns, updateTrainingRun } from './training-run.repository.js';

/** A run whose worker dies this often is taken to be what kills it. */
const MAXIMUM_ATTEMPTS = 5;

/** Gives a run back to the queue, because its worker stops. @throws conflict when it is no longer this worker's */
export function requeueRun(database: Database, id: string, fence: number): Promise<TrainingRun> {
  return database.transaction(async (tx) => {
    const run = await lockOwnedRun(tx, id, fence);
    assertRunTransition(run, 'queued');
    return backToQueue(tx, run, 'The worker stopped; the job is queued again.');
  });
}

/**
 * Takes every run from a worker that has been silent for longer than `olderThanMs`: back into the queue, or to its end
 * when it was to be cancelled or its worker died too often. Returns these runs; those that are `queued` need a new job.
 */
export function requeueLostRuns(database: Database, olderThanMs: number): Promise<readonly TrainingRun[]> {
  return database.transaction(async (tx) => {
    const changed: TrainingRun[] = [];
    for (const id of await lockSilentRuns(tx, olderThanMs)) {
      const run = await findTrainingRun(tx, id);
      changed.push(
        run.attempt >= MAXIMUM_ATTEMPTS
          ? await giveUp(tx, run)
          : await backToQueue(tx, run, 'The worker was lost; the job is queued again.'),
      );
    }
    return changed;
  });
}

/** A new fence, so that a worker that is not dead after all can change nothing. */
async function backToQueue(tx: Transaction, run: TrainingRun, message: string): Promise<TrainingRun> {
  if (run.desiredState === 'cancelled') {
    await insertRunEvent(tx, run.id, { message: 'The job was cancelled.' });
    return updateTrainingRun(tx, run.id, { state: 'cancelled', fence: run.fence + 1, finishedAt: new Date() });
  }
  await insertRunEvent(tx, run.id, { level: 'warn', message });
  return updateTrainingRun(tx, run.id, { state: 'queued', fence: run.fence + 1, heartbeatAt: null });
}

async function giveUp(tx: Transaction, run: TrainingRun): Promise<TrainingRun> {
  const message = `The worker was lost ${run.attempt} times (the limit is ${MAXIMUM_ATTEMPTS}); look into its log for the cause, such as too little memory.`;
  await insertRunEvent(tx, run.id, { level: 'error', message: `The job failed: ${message}` });
  return updateTrainingRun(tx, run.id, {
    state: 'failed',
    fence: run.fence + 1,
    finishedAt: new Date(),
    error: { code: 'server_error', message, param: null },
  });
}
