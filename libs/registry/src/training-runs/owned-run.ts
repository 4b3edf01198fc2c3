import type { Transaction } from '#database';
import { CodedError } from '#errors';
import type { TrainingRun } from '../records.js';
import { assertTransition, TRAINING_RUN_TRANSITIONS, type TrainingRunState } from '../transitions.js';
import { lockTrainingRun } from './training-run.repository.js';

/** @throws conflict when the run cannot change to `to` */
export function assertRunTransition(run: TrainingRun, to: TrainingRunState): void {
  assertTransition(TRAINING_RUN_TRANSITIONS, `job ${run.id}`, run.state, to);
}

/**
 * Locks a run for its worker.
 *
 * @throws conflict when another worker has been given the run since: a stale worker can change nothing
 */
export async function lockOwnedRun(tx: Transaction, id: string, fence: number): Promise<TrainingRun> {
  const run = await lockTrainingRun(tx, id);
  if (run.fence !== fence) throw staleFence(run, fence);
  return run;
}

/** @throws conflict always: explains why a running run with this fence was not found */
export function refuseOwner(run: TrainingRun, fence: number): never {
  if (run.fence !== fence) throw staleFence(run, fence);
  throw new CodedError(
    'conflict',
    `The job ${run.id} is ${run.state}, not running; its worker has nothing more to report.`,
  );
}

function staleFence(run: TrainingRun, fence: number): CodedError {
  return new CodedError(
    'conflict',
    `The job ${run.id} was taken from this worker (its fence is ${run.fence}, the worker's ${fence}); the worker must stop.`,
  );
}
