import { notify, type Database } from '#database';
import { CodedError } from '#errors';
import { RUNS_CHANNEL } from '../channels.js';
import type { TrainingRun } from '../records.js';
import { assertRunTransition } from './owned-run.js';
import { insertRunEvent } from './run-event.repository.js';
import { lockTrainingRun, updateTrainingRun } from './training-run.repository.js';

/**
 * Pauses a run: at once while no worker has it, else its worker is told to save the training state and to stop. Asking
 * twice changes nothing.
 *
 * @throws job_not_found; conflict when the run has ended or is being cancelled
 */
export function requestPause(database: Database, id: string): Promise<TrainingRun> {
  return database.transaction(async (tx) => {
    const run = await lockTrainingRun(tx, id);
    if (run.state === 'paused' || (run.state === 'running' && run.desiredState === 'paused')) return run;
    assertRunTransition(run, 'paused');
    refuseWhileCancelling(run);
    if (run.state === 'running') {
      await insertRunEvent(tx, id, { message: 'Pausing was asked for.' });
      await notify(tx, RUNS_CHANNEL, id);
      return updateTrainingRun(tx, id, { desiredState: 'paused' });
    }
    await insertRunEvent(tx, id, { message: 'The job is paused.' });
    return updateTrainingRun(tx, id, { state: 'paused', desiredState: 'paused' });
  });
}

/**
 * Lets a paused run go on: it is queued, and needs a job on the queue; one whose worker is still about to pause goes back
 * to the queue by itself. Asking twice changes nothing.
 *
 * @throws job_not_found; conflict when the run has ended or is being cancelled
 */
export function requestResume(database: Database, id: string): Promise<TrainingRun> {
  return database.transaction(async (tx) => {
    const run = await lockTrainingRun(tx, id);
    if (run.desiredState === 'running' && (run.state === 'queued' || run.state === 'running')) return run;
    assertRunTransition(run, 'queued');
    refuseWhileCancelling(run);
    if (run.state === 'running') {
      await insertRunEvent(tx, id, { message: 'Resuming was asked for before the job had paused.' });
      return updateTrainingRun(tx, id, { desiredState: 'running' });
    }
    await insertRunEvent(tx, id, { message: 'The job is queued again.' });
    return updateTrainingRun(tx, id, { state: 'queued', desiredState: 'running' });
  });
}

function refuseWhileCancelling({ id, state, desiredState }: TrainingRun): void {
  if (state !== 'running' || desiredState !== 'cancelled') return;
  throw new CodedError('conflict', `The job ${id} is being cancelled; nothing else can be asked of it any more.`);
}
