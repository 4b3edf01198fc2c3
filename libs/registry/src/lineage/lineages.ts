import type { Database } from '#database';
import { findVersionUse } from '../model-versions/model-version.repository.js';
import { readLineage } from './read-lineage.js';
import type { Lineage, VersionUse } from './lineage.js';

/** Where versions come from, what came of them, and what needs them. */
export class Lineages {
  readonly #database: Database;

  /** @param database opened, migrated and closed by the caller */
  constructor(database: Database) {
    this.#database = database;
  }

  /** Also of a version that was deleted. @throws model_not_found */
  read(versionId: string): Promise<Lineage> {
    return readLineage(this.#database, versionId);
  }

  /** What keeps a version from being deleted. */
  findUse(versionId: string): Promise<VersionUse> {
    return this.#database.query((client) => findVersionUse(client, versionId));
  }
}
