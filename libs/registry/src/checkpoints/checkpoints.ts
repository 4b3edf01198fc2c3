import type { Database } from '#database';
import type { NewCheckpoint } from '../inputs.js';
import type { Checkpoint, Page, PageRequest } from '../records.js';
import { findTrainingRun } from '../training-runs/training-run.repository.js';
import { findCheckpointIfAny, findCheckpoints } from './checkpoint.repository.js';
import { pruneCheckpoints } from './prune-checkpoints.js';
import { recordCheckpoint } from './record-checkpoint.js';

/** How many checkpoints of a run are kept besides the best and the last. */
export interface CheckpointRetention {
  /** Every so many-th; 0 = no other. */
  readonly keepEvery: number;
}

/** Checkpoints of runs: one use case per method, in one transaction each. */
export class Checkpoints {
  readonly #database: Database;

  /** @param database opened, migrated and closed by the caller */
  constructor(database: Database) {
    this.#database = database;
  }

  record(
    runId: string,
    fence: number,
    checkpoint: NewCheckpoint,
    { keepEvery }: CheckpointRetention,
  ): Promise<Checkpoint> {
    return recordCheckpoint(this.#database, runId, fence, checkpoint, keepEvery);
  }

  /** Those of a run by their steps, the last first, or those of all runs. @throws job_not_found */
  list(page: PageRequest & { readonly trainingRunId?: string | undefined } = {}): Promise<Page<Checkpoint>> {
    return this.#database.query(async (client) => {
      if (page.trainingRunId !== undefined) await findTrainingRun(client, page.trainingRunId);
      return findCheckpoints(client, page);
    });
  }

  /** By its id or by the name that it is served under; `null` also for one that has been removed. */
  find(name: string): Promise<Checkpoint | null> {
    return this.#database.query((client) => findCheckpointIfAny(client, name));
  }

  prune({ keepEvery }: CheckpointRetention): Promise<number> {
    return pruneCheckpoints(this.#database, keepEvery);
  }
}
