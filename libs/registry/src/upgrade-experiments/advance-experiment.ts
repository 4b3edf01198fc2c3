import type { Database, Transaction } from '#database';
import type { TrainingRun } from '../records.js';
import { queueTrainingRun } from '../training-runs/create-training-run.js';
import { findTrainingRun } from '../training-runs/training-run.repository.js';
import type { UpgradeExperimentState } from '../transitions.js';
import { insertExperimentEvent } from './experiment-event.repository.js';
import { endAsFailed, enterStage } from './enter-stage.js';
import type { UpgradeExperiment } from './upgrade-experiment.js';
import { lockExperiment, updateExperiment } from './upgrade-experiment.repository.js';

/** What one step of an experiment has done. */
export interface ExperimentStep {
  readonly experiment: UpgradeExperiment;
  /** A run that was queued; its job is still to be put on the queue. */
  readonly queuedRun: TrainingRun | null;
}

interface TrainingStage {
  readonly runColumn: 'fromRunId' | 'toRunId' | 'fallbackRunId';
  readonly preset: (experiment: UpgradeExperiment) => string;
  readonly next: UpgradeExperimentState;
}

/** The stages that are over when a run is. */
const TRAINING_STAGES: Readonly<Partial<Record<UpgradeExperimentState, TrainingStage>>> = {
  training_from: { runColumn: 'fromRunId', preset: ({ fromPreset }) => fromPreset, next: 'advising' },
  training_to: { runColumn: 'toRunId', preset: ({ toPreset }) => toPreset, next: 'comparing' },
  training_fallback: {
    runColumn: 'fallbackRunId',
    preset: ({ fallbackPreset, toPreset }) => fallbackPreset ?? toPreset,
    next: 'comparing_fallback',
  },
};

/**
 * Takes an experiment one step on, as far as its runs allow: queues the run of a stage that has none, and leaves a stage
 * whose run has ended. Does nothing while a run is under way and in stages that a worker carries out. Doing it again, or
 * in two processes at once, changes nothing more.
 *
 * @throws experiment_not_found
 */
export function advanceExperiment(database: Database, id: string): Promise<ExperimentStep> {
  return database.transaction(async (tx) => {
    const experiment = await lockExperiment(tx, id);
    const stage = TRAINING_STAGES[experiment.state];
    if (stage === undefined) return { experiment, queuedRun: null };
    const runId = experiment[stage.runColumn];
    if (runId === null) return queueStage(tx, experiment, stage);
    return { experiment: await followRun(tx, experiment, stage, await findTrainingRun(tx, runId)), queuedRun: null };
  });
}

async function queueStage(
  tx: Transaction,
  experiment: UpgradeExperiment,
  stage: TrainingStage,
): Promise<ExperimentStep> {
  const preset = stage.preset(experiment);
  const first = experiment.fromRunId === null ? null : await findTrainingRun(tx, experiment.fromRunId);
  const queuedRun = await queueTrainingRun(tx, {
    corpusId: experiment.corpusId,
    validationCorpusId: first?.validationCorpusId ?? null,
    preset,
    suffix: experiment.suffix,
    seed: experiment.seed,
    hyperparameters: { ...experiment.hyperparameters, ...experiment.presetHyperparameters[preset] },
    metadata: experiment.metadata,
  });
  await insertExperimentEvent(tx, experiment.id, {
    message: `The training of ${preset} is queued: ${queuedRun.id}.`,
    data: { job: queuedRun.id, preset },
  });
  return { experiment: await updateExperiment(tx, experiment.id, { [stage.runColumn]: queuedRun.id }), queuedRun };
}

async function followRun(
  tx: Transaction,
  experiment: UpgradeExperiment,
  stage: TrainingStage,
  run: TrainingRun,
): Promise<UpgradeExperiment> {
  switch (run.state) {
    case 'validating_files':
    case 'queued':
    case 'running':
    case 'paused':
      return experiment;
    case 'succeeded':
      await insertExperimentEvent(tx, experiment.id, {
        message: `${run.preset} is trained: ${run.modelVersionId ?? run.id}.`,
        data: { job: run.id, model: run.modelVersionId },
      });
      return enterStage(tx, experiment, stage.next);
    case 'cancelled':
      return endAsFailed(tx, experiment, {
        code: 'cancelled',
        message: `The training ${run.id} of ${run.preset} was cancelled. Create the experiment again to train it anew.`,
      });
    case 'failed':
      return endAsFailed(tx, experiment, {
        code: run.error?.code ?? 'server_error',
        message: `The training ${run.id} of ${run.preset} failed: ${run.error?.message ?? 'it gave no reason.'}`,
        param: run.error?.param ?? null,
      });
  }
}
