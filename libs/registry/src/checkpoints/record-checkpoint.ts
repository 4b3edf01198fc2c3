import type { Database } from '#database';
import type { NewCheckpoint } from '../inputs.js';
import { randomId } from '../random-id.js';
import type { Checkpoint } from '../records.js';
import { lockOwnedRun, refuseOwner } from '../training-runs/owned-run.js';
import { insertRunEvent } from '../training-runs/run-event.repository.js';
import {
  findCheckpointAtStep,
  insertCheckpoint,
  lockCheckpointsOf,
  markCheckpointsRemoved,
  nextCheckpointNumber,
} from './checkpoint.repository.js';
import { checkpointsToRemove } from './checkpoints-to-remove.js';

/**
 * Registers the model of a running run at an evaluation, and gives up the checkpoints of the run that retention does not
 * keep. A run that was resumed comes by the same step again: the first checkpoint of a step stays what it is.
 *
 * @param keepEvery besides the best and the last, every so many-th is kept; 0 = no other
 * @throws conflict when the run is no longer this worker's or is not running
 */
export function recordCheckpoint(
  database: Database,
  runId: string,
  fence: number,
  checkpoint: NewCheckpoint,
  keepEvery: number,
): Promise<Checkpoint> {
  return database.transaction(async (tx) => {
    const run = await lockOwnedRun(tx, runId, fence);
    if (run.state !== 'running') refuseOwner(run, fence);
    const { step, epoch, trainedTokens, bundleSha256, hyperparameters, validationLossNats, metrics } = checkpoint;
    const known = await findCheckpointAtStep(tx, runId, step);
    if (known !== null) return known;
    const created = await insertCheckpoint(tx, {
      id: `ftckpt-${randomId()}`,
      trainingRunId: runId,
      modelId: `${run.modelId}:ckpt-step-${step}`,
      number: await nextCheckpointNumber(tx, runId),
      step,
      epoch,
      trainedTokens,
      bundleSha256,
      hyperparameters,
      validationLossNats,
      metrics,
    });
    await insertRunEvent(tx, runId, {
      message: `Checkpoint created at step ${step}: ${created.modelId}.`,
      data: { step, checkpoint: created.modelId },
    });
    await markCheckpointsRemoved(tx, checkpointsToRemove(await lockCheckpointsOf(tx, runId), keepEvery));
    return created;
  });
}
