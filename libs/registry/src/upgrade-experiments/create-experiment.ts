import type { Database, Transaction } from '#database';
import { CodedError, isCodedError } from '#errors';
import { findCorpus, lockCorpus } from '../corpora/corpus.repository.js';
import { findModelVersionIfAny } from '../model-versions/model-version.repository.js';
import { randomId } from '../random-id.js';
import { findPolicy } from '../releases/policies.js';
import { checkSeed, checkSuffix } from '../training-runs/create-training-run.js';
import { findTrainingRun } from '../training-runs/training-run.repository.js';
import { insertExperimentEvent } from './experiment-event.repository.js';
import type { NewUpgradeExperiment, UpgradeExperiment } from './upgrade-experiment.js';
import { insertExperiment } from './upgrade-experiment.repository.js';

/**
 * Begins an experiment. Its first run is queued by the first {@link advanceExperiment}.
 *
 * @throws file_not_found, job_not_found, policy_not_found; invalid_value when a run that is to be reused does not fit
 */
export function createExperiment(database: Database, experiment: NewUpgradeExperiment): Promise<UpgradeExperiment> {
  checkSuffix(experiment.suffix ?? null);
  checkSeed(experiment.seed);
  return database.transaction(async (tx) => {
    await lockCorpus(tx, experiment.corpusId);
    await findCorpus(tx, experiment.corpusId, 'training_file');
    await checkReused(tx, experiment, 'from_job', experiment.fromRunId, experiment.fromPreset);
    await checkReused(tx, experiment, 'to_job', experiment.toRunId, experiment.toPreset);
    await checkSameValidation(tx, experiment);
    const { fromRunId = null, toRunId = null, onlyIfAdvised = false, suffix = null, release = null } = experiment;
    // What can be known today: whether a release can be opened is decided when the verdict is there.
    if (release !== null) await findPolicy(tx, release.policyName);
    const { hyperparameters = {}, presetHyperparameters = {}, metadata = {} } = experiment;
    const created = await insertExperiment(tx, {
      ...experiment,
      id: `upexp-${randomId()}`,
      state: 'training_from',
      ...{ fromRunId, toRunId, onlyIfAdvised, suffix, release, hyperparameters, presetHyperparameters, metadata },
      reusesFrom: fromRunId !== null,
      reusesTo: toRunId !== null,
    });
    await insertExperimentEvent(tx, created.id, {
      message: `The experiment has begun: is ${created.toPreset} worth it after ${created.fromPreset} on the file ${created.corpusId}?`,
    });
    return created;
  });
}

/** Both runs must have learned from the same text with the same seed, or else their held-out texts differ. */
async function checkReused(
  tx: Transaction,
  { corpusId, seed }: NewUpgradeExperiment,
  param: string,
  runId: string | null | undefined,
  preset: string,
): Promise<void> {
  if (!runId) return;
  const run = await findTrainingRun(tx, runId).catch((error: unknown) => {
    throw isCodedError(error, 'job_not_found') ? new CodedError('job_not_found', error.message, { param }) : error;
  });
  const refuse = (reason: string): never => {
    throw new CodedError('invalid_value', `${param} ${runId} cannot be used: ${reason}.`, { param });
  };
  if (run.state === 'failed' || run.state === 'cancelled') refuse(`it is ${run.state}`);
  if (run.baseModelId !== null)
    refuse(`it continues from ${run.baseModelId}, whose words are not those of a new model`);
  if (run.modelVersionId !== null && (await findModelVersionIfAny(tx, run.modelVersionId)) === null)
    refuse(`its model ${run.modelVersionId} was deleted`);
  if (run.corpusId !== corpusId) refuse(`it trains on the file ${run.corpusId}, the experiment is about ${corpusId}`);
  if (run.preset !== preset) refuse(`it trains the preset ${run.preset}, not ${preset}`);
  if (run.seed !== seed) refuse(`its seed is ${run.seed}, the experiment's is ${seed}; other text would be held out`);
}

/** What is trained beside a reused run is validated on the same text; two reused runs must agree already. */
async function checkSameValidation(tx: Transaction, { fromRunId, toRunId }: NewUpgradeExperiment): Promise<void> {
  if (!toRunId) return;
  const own = (await findTrainingRun(tx, toRunId)).validationCorpusId;
  const other = fromRunId ? (await findTrainingRun(tx, fromRunId)).validationCorpusId : null;
  if (own === other) return;
  throw new CodedError(
    'invalid_value',
    `to_job ${toRunId} cannot be used: it is validated on ${own ?? 'a part of its training file'}, the smaller model on ${other ?? 'a part of its training file'}.`,
    { param: 'to_job' },
  );
}
