import type { Database } from '#database';
import type { Deployment } from '../records.js';
import type { Release } from '../releases/release.js';
import { findOpenRelease } from '../releases/release.repository.js';
import { findDeployment, insertDeploymentIfMissing } from './deployment.repository.js';

/** What replicas follow: a deployment with its open release, if there is one. */
export interface Serving {
  readonly deployment: Deployment;
  readonly release: Release | null;
}

/** @throws deployment_not_found */
export function readServing(database: Database, name: string): Promise<Serving> {
  return database.query(async (client) => {
    // One after the other: the release is never older than the serving revision says.
    const deployment = await findDeployment(client, name);
    return { deployment, release: await findOpenRelease(client, name) };
  });
}

/** Makes a deployment, without a version, unless it is there. */
export function ensureDeployment(database: Database, name: string): Promise<Deployment> {
  return database.transaction(async (tx) => {
    await insertDeploymentIfMissing(tx, name);
    return findDeployment(tx, name);
  });
}
