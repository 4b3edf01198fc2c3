import type { Database } from '#database';
import { CodedError } from '#errors';
import { insertAuditEntry } from '../audit/audit.repository.js';
import type { Actor } from '../inputs.js';
import type { Corpus } from '../records.js';
import {
  findCorpus,
  findExperimentUsingCorpus,
  findRunUsingCorpus,
  isContentUsed,
  lockCorpus,
  markCorpusDeleted,
} from './corpus.repository.js';

/**
 * Deletes a corpus. `bytesUnused` tells whether no other corpus has the same bytes, so that the store may drop them.
 *
 * @throws file_not_found; conflict when a run or an experiment that has not ended needs it
 */
export function deleteCorpus(
  database: Database,
  id: string,
  actor: Actor,
): Promise<{ readonly corpus: Corpus; readonly bytesUnused: boolean }> {
  return database.transaction(async (tx) => {
    await lockCorpus(tx, id);
    const corpus = await findCorpus(tx, id);
    const runId = await findRunUsingCorpus(tx, id);
    if (runId !== null) {
      throw new CodedError(
        'conflict',
        `The file ${id} is needed by the job ${runId}; cancel the job or wait for its end.`,
      );
    }
    const experimentId = await findExperimentUsingCorpus(tx, id);
    if (experimentId !== null) {
      throw new CodedError(
        'conflict',
        `The file ${id} is needed by the upgrade experiment ${experimentId}; cancel it or wait for its end.`,
      );
    }
    await markCorpusDeleted(tx, id);
    await insertAuditEntry(tx, actor, 'corpus.delete', id, { filename: corpus.filename, sha256: corpus.sha256 });
    return { corpus, bytesUnused: !(await isContentUsed(tx, corpus.sha256)) };
  });
}
