import type { Database } from '#database';
import { insertAuditEntry } from '../audit/audit.repository.js';
import type { RunOutcome } from '../inputs.js';
import { insertModelVersion, nextVersionNumber } from '../model-versions/model-version.repository.js';
import type { ModelVersion } from '../records.js';
import { assertRunTransition, lockOwnedRun } from './owned-run.js';
import { insertRunEvent } from './run-event.repository.js';
import { updateTrainingRun } from './training-run.repository.js';

/**
 * Registers what a run has made: version, end of the run and audit in one transaction, all or nothing.
 *
 * @throws conflict when the run is no longer this worker's or has ended
 */
export function completeRun(database: Database, id: string, fence: number, outcome: RunOutcome): Promise<ModelVersion> {
  return database.transaction(async (tx) => {
    const run = await lockOwnedRun(tx, id, fence);
    assertRunTransition(run, 'succeeded');
    const { preset, seed, baseVersionId, baseCheckpointId } = run;
    const { bundleSha256, dataSha256, codeVersion, hyperparameters, parameters, trainedTokens, metrics } = outcome;
    const version = await insertModelVersion(tx, {
      id: run.modelId,
      preset,
      number: await nextVersionNumber(tx, preset),
      state: 'registered',
      trainingRunId: id,
      importedFrom: null,
      baseVersionId,
      baseCheckpointId,
      bundleSha256,
      dataSha256,
      codeVersion,
      hyperparameters,
      seed,
      parameters,
      trainedTokens,
      metrics,
    });
    await updateTrainingRun(tx, id, { state: 'succeeded', finishedAt: new Date(), trainedTokens });
    await insertRunEvent(tx, id, {
      message: `The job succeeded: ${version.id} is version ${version.number} of ${preset}.`,
      data: { modelVersionId: version.id, number: version.number },
    });
    await insertAuditEntry(tx, { actor: `job:${id}` }, 'version.register', version.id, {
      trainingRunId: id,
      bundleSha256,
    });
    return version;
  });
}
