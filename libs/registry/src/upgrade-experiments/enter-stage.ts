import type { Transaction } from '#database';
import type { RunFailure } from '../inputs.js';
import { assertTransition, UPGRADE_EXPERIMENT_TRANSITIONS, type UpgradeExperimentState } from '../transitions.js';
import { insertExperimentEvent } from './experiment-event.repository.js';
import type { UpgradeExperiment } from './upgrade-experiment.js';
import { updateExperiment, type UpgradeExperimentUpdate } from './upgrade-experiment.repository.js';

/** Puts a locked experiment into another stage, which nobody has begun. @throws conflict */
export function enterStage(
  tx: Transaction,
  { id, state: from, fence }: UpgradeExperiment,
  to: UpgradeExperimentState,
  update: UpgradeExperimentUpdate = {},
): Promise<UpgradeExperiment> {
  assertTransition(UPGRADE_EXPERIMENT_TRANSITIONS, `upgrade experiment ${id}`, from, to);
  const finishedAt = UPGRADE_EXPERIMENT_TRANSITIONS[to].length === 0 ? { finishedAt: new Date() } : {};
  // A new fence: what a worker of the stage before still has to say comes too late.
  return updateExperiment(tx, id, {
    ...update,
    ...finishedAt,
    state: to,
    attempt: 0,
    fence: fence + 1,
    claimedUntil: null,
    progress: null,
  });
}

/** Ends a locked experiment as failed. @throws conflict when it has ended */
export async function endAsFailed(
  tx: Transaction,
  experiment: UpgradeExperiment,
  { code, message, param = null }: RunFailure,
): Promise<UpgradeExperiment> {
  await insertExperimentEvent(tx, experiment.id, {
    level: 'error',
    message: `The experiment failed: ${message}`,
    data: { code, param },
  });
  return enterStage(tx, experiment, 'failed', { error: { code, message, param } });
}
