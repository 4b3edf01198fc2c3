import type { Database } from '#database';
import type { NewCorpus } from '../inputs.js';
import { randomId } from '../random-id.js';
import type { Corpus } from '../records.js';
import { insertCorpus } from './corpus.repository.js';

/** Registers a file whose bytes are in the artifact store. */
export function createCorpus(database: Database, corpus: NewCorpus): Promise<Corpus> {
  const { filename, sizeBytes, sha256, purpose } = corpus;
  return database.transaction((tx) =>
    insertCorpus(tx, { id: `file-${randomId()}`, filename, sizeBytes, sha256, purpose }),
  );
}
