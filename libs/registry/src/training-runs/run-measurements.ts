import type { Database } from '#database';
import type { Page, PageRequest } from '../records.js';
import { findRunsWithoutResults } from './result-file.repository.js';
import {
  findRunMetrics,
  findRunSamples,
  type MetricQuery,
  type RunSample,
  type ThinnedMetrics,
} from './run-metric.repository.js';
import { findTrainingRun } from './training-run.repository.js';

/** What runs measured, for people who look at it. */
export class RunMeasurements {
  readonly #database: Database;

  /** @param database opened, migrated and closed by the caller */
  constructor(database: Database) {
    this.#database = database;
  }

  /** The curve of a run with few enough points to be drawn. @throws job_not_found; invalid_value when `after` is no id of an event */
  curve(runId: string, query: MetricQuery): Promise<ThinnedMetrics> {
    return this.#database.query(async (client) => {
      await findTrainingRun(client, runId);
      return findRunMetrics(client, runId, query);
    });
  }

  /** What its model wrote at its evaluations, the newest first. @throws job_not_found, invalid_value */
  samples(runId: string, page: PageRequest): Promise<Page<RunSample>> {
    return this.#database.query(async (client) => {
      await findTrainingRun(client, runId);
      return findRunSamples(client, runId, page);
    });
  }

  /** Ids of runs that have ended and measured something, and have no file of it. */
  listRunsWithoutResults(limit: number): Promise<readonly string[]> {
    return this.#database.query((client) => findRunsWithoutResults(client, limit));
  }
}
