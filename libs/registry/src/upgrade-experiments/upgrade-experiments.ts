import type { Database } from '#database';
import type { RunFailure } from '../inputs.js';
import type { JsonObject, Page, PageRequest } from '../records.js';
import type { UpgradeExperimentState } from '../transitions.js';
import { advanceExperiment, type ExperimentStep } from './advance-experiment.js';
import { cancelExperiment } from './cancel-experiment.js';
import { createExperiment } from './create-experiment.js';
import { findExperimentEvents, insertExperimentEvent } from './experiment-event.repository.js';
import type {
  NewExperimentEvent,
  NewUpgradeExperiment,
  UpgradeExperiment,
  UpgradeExperimentEvent,
} from './upgrade-experiment.js';
import {
  findExperiment,
  findExperimentReport,
  findExperiments,
  findOpenExperiments,
} from './upgrade-experiment.repository.js';
import {
  claimStage,
  failStage,
  releaseStage,
  renewStage,
  settleStage,
  type StageOutcome,
} from './work-on-experiment.js';

/** Upgrade experiments: one use case per method, in one transaction each. */
export class UpgradeExperiments {
  readonly #database: Database;

  /** @param database opened, migrated and closed by the caller */
  constructor(database: Database) {
    this.#database = database;
  }

  create(experiment: NewUpgradeExperiment): Promise<UpgradeExperiment> {
    return createExperiment(this.#database, experiment);
  }

  /** Newest first. */
  list(page: PageRequest = {}): Promise<Page<UpgradeExperiment>> {
    return this.#database.query((client) => findExperiments(client, page));
  }

  /** Those that have not ended, oldest first. */
  listOpen(): Promise<readonly UpgradeExperiment[]> {
    return this.#database.query((client) => findOpenExperiments(client));
  }

  /** @throws experiment_not_found */
  get(id: string): Promise<UpgradeExperiment> {
    return this.#database.query((client) => findExperiment(client, id));
  }

  /** The newest report; null before the rules were first asked. */
  getReport(id: string): Promise<JsonObject | null> {
    return this.#database.query((client) => findExperimentReport(client, id));
  }

  /** Adds an event for people; changes of stage write their own. */
  addEvent(id: string, event: NewExperimentEvent): Promise<void> {
    return this.#database.query((client) => insertExperimentEvent(client, id, event));
  }

  /** Oldest first unless `order` is `desc`. @throws experiment_not_found */
  listEvents(
    id: string,
    page: PageRequest & { readonly order?: 'asc' | 'desc' | undefined } = {},
  ): Promise<Page<UpgradeExperimentEvent>> {
    return this.#database.query(async (client) => {
      await findExperiment(client, id);
      return findExperimentEvents(client, id, page);
    });
  }

  cancel(id: string): Promise<UpgradeExperiment> {
    return cancelExperiment(this.#database, id);
  }

  advance(id: string): Promise<ExperimentStep> {
    return advanceExperiment(this.#database, id);
  }

  claimStage(id: string, state: UpgradeExperimentState, holdMs: number): Promise<UpgradeExperiment | null> {
    return claimStage(this.#database, id, state, holdMs);
  }

  renewStage(id: string, fence: number, holdMs: number, progress: JsonObject | null): Promise<void> {
    return renewStage(this.#database, id, fence, holdMs, progress);
  }

  releaseStage(id: string, fence: number): Promise<void> {
    return releaseStage(this.#database, id, fence);
  }

  settleStage(id: string, fence: number, outcome: StageOutcome): Promise<UpgradeExperiment> {
    return settleStage(this.#database, id, fence, outcome);
  }

  failStage(id: string, fence: number, failure: RunFailure): Promise<UpgradeExperiment> {
    return failStage(this.#database, id, fence, failure);
  }
}
