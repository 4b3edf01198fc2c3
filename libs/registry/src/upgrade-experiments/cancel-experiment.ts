import type { Database, Transaction } from '#database';
import { cancelWithin } from '../training-runs/request-cancel.js';
import { findTrainingRun } from '../training-runs/training-run.repository.js';
import { insertExperimentEvent } from './experiment-event.repository.js';
import { enterStage } from './enter-stage.js';
import type { UpgradeExperiment } from './upgrade-experiment.js';
import { lockExperiment } from './upgrade-experiment.repository.js';

/**
 * Cancels an experiment and those of its own runs that have not ended. Asking twice changes nothing.
 * A process that works on a stage of it learns so when it next renews its claim.
 *
 * @throws experiment_not_found; conflict when it has ended otherwise
 */
export function cancelExperiment(database: Database, id: string): Promise<UpgradeExperiment> {
  return database.transaction(async (tx) => {
    const experiment = await lockExperiment(tx, id);
    if (experiment.state === 'cancelled') return experiment;
    for (const runId of ownRuns(experiment)) await cancelUnlessEnded(tx, runId);
    await insertExperimentEvent(tx, id, { message: 'The experiment was cancelled.' });
    return enterStage(tx, experiment, 'cancelled');
  });
}

function ownRuns(experiment: UpgradeExperiment): string[] {
  const { fromRunId, toRunId, fallbackRunId, reusesFrom, reusesTo } = experiment;
  const own = [reusesFrom ? null : fromRunId, reusesTo ? null : toRunId, fallbackRunId];
  return own.filter((runId) => runId !== null);
}

async function cancelUnlessEnded(tx: Transaction, runId: string): Promise<void> {
  const { finishedAt } = await findTrainingRun(tx, runId);
  if (finishedAt === null) await cancelWithin(tx, runId);
}
