import type { Database } from '#database';
import type { JsonObject, TrainingRun } from '../records.js';
import { refuseOwner } from './owned-run.js';
import { findTrainingRun, touchTrainingRun, updateProgress } from './training-run.repository.js';

/** Says that the worker is alive and returns what a person asked for. @throws conflict when the run is no longer this worker's */
export function heartbeatRun(
  database: Database,
  id: string,
  fence: number,
): Promise<{ readonly desiredState: TrainingRun['desiredState'] }> {
  return database.query(async (client) => {
    const desiredState = await touchTrainingRun(client, id, fence);
    if (desiredState === null) refuseOwner(await findTrainingRun(client, id), fence);
    return { desiredState };
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
