import { notify, type Database, type Transaction } from '#database';
import { RUNS_CHANNEL } from '../channels.js';
import type { TrainingRun } from '../records.js';
import { assertRunTransition } from './owned-run.js';
import { insertRunEvent } from './run-event.repository.js';
import { lockTrainingRun, updateTrainingRun } from './training-run.repository.js';

/**
 * Cancels a run: at once while no worker has it, else its worker is told. Asking twice changes nothing.
 *
 * @throws job_not_found; conflict when the run has ended otherwise
 */
export function requestCancel(database: Database, id: string): Promise<TrainingRun> {
  return database.transaction((tx) => cancelWithin(tx, id));
}

/** The same as a part of a larger change. @throws job_not_found; conflict when the run has ended otherwise */
export async function cancelWithin(tx: Transaction, id: string): Promise<TrainingRun> {
  const run = await lockTrainingRun(tx, id);
  if (run.state === 'cancelled' || (run.state === 'running' && run.desiredState === 'cancelled')) return run;
  assertRunTransition(run, 'cancelled');
  if (run.state === 'running') {
    await insertRunEvent(tx, id, { message: 'Cancelling was asked for.' });
    await notify(tx, RUNS_CHANNEL, id);
    return updateTrainingRun(tx, id, { desiredState: 'cancelled' });
  }
  await insertRunEvent(tx, id, { message: 'The job was cancelled.' });
  return updateTrainingRun(tx, id, { state: 'cancelled', desiredState: 'cancelled', finishedAt: new Date() });
}
