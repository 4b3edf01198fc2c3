import type { Database, Transaction } from '#database';
import type { RunFailure } from '../inputs.js';
import type { TrainingRun } from '../records.js';
import { assertRunTransition, lockOwnedRun } from './owned-run.js';
import { insertRunEvent } from './run-event.repository.js';
import { findTrainingRun, lockSilentRuns, updateTrainingRun } from './training-run.repository.js';

/** A run that is lost this often in a row without having come further is taken to be what kills its worker. */
const MAXIMUM_FRUITLESS_ATTEMPTS = 5;

/**
 * Takes a run from its worker, which stops: to where its desired state says, the queue unless somebody paused or cancelled it.
 *
 * @throws conflict when it is no longer this worker's or has ended
 */
export function releaseRun(database: Database, id: string, fence: number): Promise<TrainingRun> {
  return database.transaction(async (tx) => {
    const run = await lockOwnedRun(tx, id, fence);
    assertRunTransition(run, 'queued');
    // A worker that was asked to stop is no sign that the run cannot be carried out.
    const fruitlessAttempts = Math.max(0, run.fruitlessAttempts - 1);
    return release(tx, { ...run, fruitlessAttempts }, { message: 'The worker stopped; the job is queued again.' });
  });
}

/**
 * As {@link releaseRun} for a run whose training process died; a run that has been lost too often in a row without
 * progress fails with `failure`.
 *
 * @throws conflict when it is no longer this worker's or has ended
 */
export function loseRun(database: Database, id: string, fence: number, failure: RunFailure): Promise<TrainingRun> {
  return database.transaction(async (tx) => {
    const run = await lockOwnedRun(tx, id, fence);
    assertRunTransition(run, 'queued');
    return releaseOrGiveUp(tx, run, failure);
  });
}

/**
 * Takes every run from a worker that has been silent for longer than `olderThanMs`, as {@link loseRun}. Returns these
 * runs; those that are `queued` need a new job.
 */
export function requeueLostRuns(database: Database, olderThanMs: number): Promise<readonly TrainingRun[]> {
  return database.transaction(async (tx) => {
    const changed: TrainingRun[] = [];
    for (const id of await lockSilentRuns(tx, olderThanMs)) {
      const run = await findTrainingRun(tx, id);
      const message = 'The worker was lost.';
      changed.push(await releaseOrGiveUp(tx, run, { code: 'training_process_died', message }));
    }
    return changed;
  });
}

function releaseOrGiveUp(tx: Transaction, run: TrainingRun, failure: RunFailure): Promise<TrainingRun> {
  if (run.desiredState === 'running' && run.fruitlessAttempts >= MAXIMUM_FRUITLESS_ATTEMPTS) {
    return giveUp(tx, run, failure);
  }
  const { code, message } = failure;
  return release(tx, run, { message: `${message} The job is queued again.`, data: { code } });
}

/** A new fence, so that a worker that is not dead after all can change nothing. */
async function release(
  tx: Transaction,
  run: TrainingRun,
  requeued: { readonly message: string; readonly data?: Readonly<Record<string, unknown>> },
): Promise<TrainingRun> {
  const { id, desiredState, fruitlessAttempts } = run;
  const released = { fence: run.fence + 1, heartbeatAt: null, fruitlessAttempts };
  switch (desiredState) {
    case 'cancelled':
      await insertRunEvent(tx, id, { message: 'The job was cancelled.' });
      return updateTrainingRun(tx, id, { ...released, state: 'cancelled', finishedAt: new Date() });
    case 'paused':
      await insertRunEvent(tx, id, { message: `The job is paused at step ${run.savedStep}.` });
      return updateTrainingRun(tx, id, { ...released, state: 'paused' });
    case 'running':
      await insertRunEvent(tx, id, { level: 'warn', ...requeued });
      return updateTrainingRun(tx, id, { ...released, state: 'queued' });
  }
}

async function giveUp(tx: Transaction, run: TrainingRun, failure: RunFailure): Promise<TrainingRun> {
  const { code, param = null } = failure;
  const message = `${failure.message} It is attempt ${run.fruitlessAttempts} in a row that came no further (the limit is ${MAXIMUM_FRUITLESS_ATTEMPTS}); look into the log of the trainer for the cause, such as too little memory.`;
  await insertRunEvent(tx, run.id, { level: 'error', message: `The job failed: ${message}`, data: { code, param } });
  return updateTrainingRun(tx, run.id, {
    state: 'failed',
    fence: run.fence + 1,
    finishedAt: new Date(),
    error: { code, message, param },
  });
}
