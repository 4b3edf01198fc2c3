import type { Database } from '#database';
import { CodedError } from '#errors';
import { insertCorpus, markCorpusDeleted } from '../corpora/corpus.repository.js';
import type { NewResultFile } from '../inputs.js';
import { randomId } from '../random-id.js';
import type { Corpus } from '../records.js';
import { lockOwnedRun } from './owned-run.js';
import { setResultFile } from './result-file.repository.js';
import { lockTrainingRun } from './training-run.repository.js';

/**
 * Registers the file of what a run measured, whose bytes are in the artifact store: by its worker before the run ends, so
 * that an ended run is never without it, or by anybody (`fence` null) after its end. A run has one such file: that of an
 * earlier attempt is deleted.
 *
 * @throws conflict when the run is no longer this worker's; when nobody's run has not ended or has its file already
 */
export function attachResultFile(
  database: Database,
  runId: string,
  fence: number | null,
  file: NewResultFile,
): Promise<Corpus> {
  return database.transaction(async (tx) => {
    const run = await (fence === null ? lockTrainingRun(tx, runId) : lockOwnedRun(tx, runId, fence));
    if (fence === null && (run.finishedAt === null || run.resultFileId !== null)) {
      throw new CodedError('conflict', `The job ${runId} is ${run.state} and makes or has its own file of results.`);
    }
    const created = await insertCorpus(tx, { id: `file-${randomId()}`, purpose: 'fine-tune-results', ...file });
    await setResultFile(tx, runId, created.id);
    if (run.resultFileId !== null) await markCorpusDeleted(tx, run.resultFileId);
    return created;
  });
}
