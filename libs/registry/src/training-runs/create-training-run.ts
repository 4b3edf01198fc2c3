import type { Database, Transaction } from '#database';
import { CodedError } from '#errors';
import { lockCheckpoint } from '../checkpoints/checkpoint.repository.js';
import { findCorpus, lockCorpus } from '../corpora/corpus.repository.js';
import type { NewTrainingRun } from '../inputs.js';
import { findModelVersion, lockModelVersions } from '../model-versions/model-version.repository.js';
import { randomId } from '../random-id.js';
import type { Corpus, TrainingRun } from '../records.js';
import { insertRunEvent } from './run-event.repository.js';
import { insertTrainingRun } from './training-run.repository.js';

const SUFFIX = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

/**
 * Queues a run.
 *
 * @throws file_not_found, model_not_found when it names what does not exist; invalid_value
 */
export async function createTrainingRun(database: Database, run: NewTrainingRun): Promise<TrainingRun> {
  return database.transaction((tx) => queueTrainingRun(tx, run));
}

/** The same as a part of a larger change. @throws file_not_found, model_not_found, invalid_value */
export async function queueTrainingRun(tx: Transaction, run: NewTrainingRun): Promise<TrainingRun> {
  checkSuffix(run.suffix ?? null);
  checkSeed(run.seed);
  for (const [param, id] of [
    ['training_file', run.corpusId],
    ['validation_file', run.validationCorpusId],
  ] as const) {
    if (!id) continue;
    await lockCorpus(tx, id);
    checkCorpus(await findCorpus(tx, id, param), param);
  }
  if (run.baseVersionId) {
    // So that it is not deleted before the run can be seen to need it.
    await lockModelVersions(tx, [run.baseVersionId]);
    await findModelVersion(tx, run.baseVersionId);
  }
  if (run.baseCheckpointId) await lockCheckpoint(tx, run.baseCheckpointId);
  const created = await insertTrainingRun(tx, {
    id: `ftjob-${randomId()}`,
    state: 'queued',
    corpusId: run.corpusId,
    validationCorpusId: run.validationCorpusId ?? null,
    preset: run.preset,
    baseVersionId: run.baseVersionId ?? null,
    baseCheckpointId: run.baseCheckpointId ?? null,
    suffix: run.suffix ?? null,
    modelId: `ft:${run.preset}:${run.suffix ?? 'understudy'}:${randomId(8)}`,
    seed: run.seed,
    hyperparameters: run.hyperparameters ?? {},
    metadata: run.metadata ?? {},
    traceParent: run.traceParent ?? null,
  });
  await insertRunEvent(tx, created.id, {
    message: `The job is queued: ${created.baseModelId ?? run.preset} on the file ${run.corpusId}.`,
  });
  return created;
}

function checkCorpus({ id, purpose, errorCode, errorMessage }: Corpus, param: string): void {
  if (errorCode !== null)
    throw new CodedError(errorCode, `Nothing can be trained on the file ${id}. ${errorMessage}`, { param });
  if (purpose === 'fine-tune') return;
  throw new CodedError(
    'invalid_value',
    `${param} must be a file with the purpose "fine-tune"; ${id} has the purpose "${purpose}". Upload the text with POST /v1/files.`,
    { param },
  );
}

export function checkSuffix(suffix: string | null): void {
  if (suffix === null || SUFFIX.test(suffix)) return;
  throw new CodedError(
    'invalid_value',
    `suffix must be 1 to 64 characters of a-z, 0-9 and "-", without "-" at its ends; got ${JSON.stringify(suffix)}.`,
    { param: 'suffix' },
  );
}

export function checkSeed(seed: number): void {
  if (Number.isSafeInteger(seed) && seed >= 0) return;
  throw new CodedError(
    'invalid_value',
    `seed must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}; got ${seed}.`,
    {
      param: 'seed',
    },
  );
}
