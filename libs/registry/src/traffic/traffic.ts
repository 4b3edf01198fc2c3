import type { Database } from '#database';
import {
  deleteOldCompletionRecords,
  findCompletionRecords,
  insertCompletionRecords,
} from './completion-record.repository.js';
import type { CompletionRecord, DatabaseFacts, TrafficCounts, TrafficSlice } from './traffic-slice.js';
import { deleteOldTraffic, readDatabaseFacts, sumTraffic, upsertTrafficSlice } from './traffic-slice.repository.js';

/** What replicas answered lately. Every method throws `database_unavailable` when the database cannot be reached. */
export class Traffic {
  readonly #database: Database;

  /** @param database opened, migrated and closed by the caller */
  constructor(database: Database) {
    this.#database = database;
  }

  /** Replaces what the replica said of this slice before. */
  reportSlice(slice: TrafficSlice): Promise<void> {
    return this.#database.query((client) => upsertTrafficSlice(client, slice));
  }

  /** All replicas of a deployment together, the oldest slice first; slices without a request are left out. */
  sumSlices(deployment: string, since: Date): Promise<readonly (TrafficCounts & { readonly startedAt: Date })[]> {
    return this.#database.query((client) => sumTraffic(client, deployment, since));
  }

  pruneSlices(before: Date): Promise<void> {
    return this.#database.query((client) => deleteOldTraffic(client, before));
  }

  recordCompletions(records: readonly CompletionRecord[]): Promise<void> {
    return this.#database.query((client) => insertCompletionRecords(client, records));
  }

  /** The completions of this id or of requests of this id, the newest first. */
  findCompletions(id: string, limit: number): Promise<readonly CompletionRecord[]> {
    return this.#database.query((client) => findCompletionRecords(client, id, limit));
  }

  /** Forgets up to `limit` records; returns how many there were. */
  pruneCompletions(before: Date, limit: number): Promise<number> {
    return this.#database.query((client) => deleteOldCompletionRecords(client, before, limit));
  }

  readDatabase(): Promise<DatabaseFacts> {
    return this.#database.query((client) => readDatabaseFacts(client));
  }
}
