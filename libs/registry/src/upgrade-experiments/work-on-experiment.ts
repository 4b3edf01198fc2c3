import type { Database, Transaction } from '#database';
import { CodedError } from '#errors';
import type { RunFailure } from '../inputs.js';
import type { JsonObject } from '../records.js';
import type { UpgradeExperimentState } from '../transitions.js';
import { insertExperimentEvent } from './experiment-event.repository.js';
import { endAsFailed, enterStage } from './enter-stage.js';
import { openWantedRelease } from './open-wanted-release.js';
import type { UpgradeExperiment } from './upgrade-experiment.js';
import {
  claimExperiment,
  findExperiment,
  lockExperiment,
  renewExperimentClaim,
  updateExperiment,
} from './upgrade-experiment.repository.js';

/** A stage whose worker dies this often is taken to be what kills it. */
const MAXIMUM_ATTEMPTS = 3;

/** How a stage that a worker carries out has ended. */
export type StageOutcome = {
  /** For people. */
  readonly message: string;
  /** What the rules have said so far, in short. */
  readonly advice: JsonObject;
  /** All that is known by now. */
  readonly report: JsonObject;
} & ({ readonly next: 'training_to' | 'training_fallback' } | { readonly next: 'succeeded'; readonly verdict: string });

/**
 * Gives a stage to the caller for `holdMs`; null when another process has it or it is over. A stage that was begun too
 * often ends the experiment.
 */
export function claimStage(
  database: Database,
  id: string,
  state: UpgradeExperimentState,
  holdMs: number,
): Promise<UpgradeExperiment | null> {
  return database.transaction(async (tx) => {
    if (!(await claimExperiment(tx, id, state, holdMs))) return null;
    const experiment = await findExperiment(tx, id);
    if (experiment.attempt <= MAXIMUM_ATTEMPTS) return experiment;
    await endAsFailed(tx, experiment, {
      code: 'training_process_died',
      message: `The process that measures the models died ${MAXIMUM_ATTEMPTS} times; most often the memory of the machine was full. Look into the log of the trainer.`,
    });
    return null;
  });
}

/** Keeps a stage for another `holdMs` and stores how far it is. @throws conflict when it is not the caller's any more */
export function renewStage(
  database: Database,
  id: string,
  fence: number,
  holdMs: number,
  progress: JsonObject | null,
): Promise<void> {
  return database.query(async (client) => {
    if (!(await renewExperimentClaim(client, id, fence, holdMs, progress))) throw notOwned(id);
  });
}

/** Gives a stage back that the caller cannot go on with, for the next process. @throws conflict when it is not the caller's */
export function releaseStage(database: Database, id: string, fence: number): Promise<void> {
  return database.transaction(async (tx) => {
    const { attempt } = await lockOwned(tx, id, fence);
    // What was interrupted on purpose does not count as a failure.
    await updateExperiment(tx, id, { attempt: attempt - 1, fence: fence + 1, claimedUntil: null, progress: null });
  });
}

/**
 * Stores what a stage came to and enters the next one; with the verdict to upgrade, also opens the release that was asked
 * for. @throws conflict when it is not the caller's any more */
export function settleStage(
  database: Database,
  id: string,
  fence: number,
  outcome: StageOutcome,
): Promise<UpgradeExperiment> {
  return database.transaction(async (tx) => {
    const experiment = await lockOwned(tx, id, fence);
    const { message, next, ...results } = outcome;
    await insertExperimentEvent(tx, id, { message });
    const releaseId =
      'verdict' in results && results.verdict === 'upgrade' ? await openWantedRelease(tx, experiment) : null;
    return enterStage(tx, experiment, next, { ...results, ...(releaseId !== null && { releaseId }) });
  });
}

/** Ends an experiment because a stage of it failed. @throws conflict when it is not the caller's any more */
export function failStage(
  database: Database,
  id: string,
  fence: number,
  failure: RunFailure,
): Promise<UpgradeExperiment> {
  return database.transaction(async (tx) => endAsFailed(tx, await lockOwned(tx, id, fence), failure));
}

async function lockOwned(tx: Transaction, id: string, fence: number): Promise<UpgradeExperiment> {
  const experiment = await lockExperiment(tx, id);
  if (experiment.fence !== fence || experiment.finishedAt !== null) throw notOwned(id);
  return experiment;
}

function notOwned(id: string): CodedError {
  return new CodedError(
    'conflict',
    `The upgrade experiment ${id} was taken from this process or has ended; it must stop.`,
  );
}
