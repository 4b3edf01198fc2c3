import type { Database } from '#database';
import type { NewRunEvent } from '../inputs.js';
import type { JsonObject, RunEvent } from '../records.js';
import { refuseOwner } from './owned-run.js';
import { insertRunEvent } from './run-event.repository.js';
import {
  findTrainingRun,
  lockTrainingRun,
  touchTrainingRun,
  updateProgress,
  updateSavedStep,
  type RunOrder,
} from './training-run.repository.js';

/**
 * Says that the worker is alive and returns what a person asked for, and how long workers have had the run.
 *
 * @throws conflict when the run is no longer this worker's
 */
export function heartbeatRun(database: Database, id: string, fence: number): Promise<RunOrder> {
  return database.query(async (client) => {
    const order = await touchTrainingRun(client, id, fence);
    if (order === null) refuseOwner(await findTrainingRun(client, id), fence);
    return order;
  });
}

/** Notes that the run can be resumed from `step`. @throws conflict when the run is no longer this worker's */
export function recordSavedStep(database: Database, id: string, fence: number, step: number): Promise<void> {
  return database.query(async (client) => {
    if (await updateSavedStep(client, id, fence, step)) return;
    refuseOwner(await findTrainingRun(client, id), fence);
  });
}

/**
 * Adds an event, as its worker when a fence is named.
 *
 * @throws conflict when the run is no longer this worker's: it may not even say something
 */
export function addRunEvent(database: Database, id: string, event: NewRunEvent, fence?: number): Promise<RunEvent> {
  if (fence === undefined) return database.query((client) => insertRunEvent(client, id, event));
  return database.transaction(async (tx) => {
    const run = await lockTrainingRun(tx, id);
    if (run.fence !== fence || run.state !== 'running') refuseOwner(run, fence);
    return insertRunEvent(tx, id, event);
  });
}

/** Stores the newest progress; also a heartbeat. @throws conflict when the run is no longer this worker's */
export function recordProgress(
  database: Database,
  id: string,
  fence: number,
  progress: JsonObject,
  trainedTokens: number,
): Promise<void> {
  return database.query(async (client) => {
    if (await updateProgress(client, id, fence, progress, trainedTokens)) return;
    refuseOwner(await findTrainingRun(client, id), fence);
  });
}
