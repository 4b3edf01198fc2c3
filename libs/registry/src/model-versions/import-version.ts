import type { Database } from '#database';
import { insertAuditEntry } from '../audit/audit.repository.js';
import type { NewImportedVersion } from '../inputs.js';
import { randomId } from '../random-id.js';
import type { ModelVersion } from '../records.js';
import { checkSuffix } from '../training-runs/create-training-run.js';
import { insertModelVersion, nextVersionNumber } from './model-version.repository.js';

/**
 * Registers a model that no run of ours has made, with where it comes from: version and audit in one transaction.
 *
 * @throws invalid_value
 */
export function importVersion(database: Database, imported: NewImportedVersion): Promise<ModelVersion> {
  const { preset, suffix = null, bundleSha256, codeVersion, hyperparameters, parameters, importedFrom } = imported;
  checkSuffix(suffix);
  return database.transaction(async (tx) => {
    const version = await insertModelVersion(tx, {
      id: `ft:${preset}:${suffix ?? 'understudy'}:${randomId(8)}`,
      preset,
      number: await nextVersionNumber(tx, preset),
      state: 'registered',
      trainingRunId: null,
      importedFrom,
      baseVersionId: null,
      baseCheckpointId: null,
      bundleSha256,
      dataSha256: null,
      codeVersion,
      hyperparameters,
      seed: 0,
      parameters,
      trainedTokens: 0,
      metrics: {},
    });
    await insertAuditEntry(tx, imported, 'version.import', version.id, { bundleSha256, importedFrom });
    return version;
  });
}
