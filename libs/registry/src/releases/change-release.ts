import type { Transaction } from '#database';
import { readClock } from '../clock.repository.js';
import { findDeployment, lockDeployment } from '../deployments/deployment.repository.js';
import type { Actor } from '../inputs.js';
import type { Deployment, JsonObject } from '../records.js';
import { assertTransition, RELEASE_TRANSITIONS } from '../transitions.js';
import { insertReleaseEvent } from './release-event.repository.js';
import type { Release, ReleaseEvent, ReleaseEventKind } from './release.js';
import { compareAndSetRelease, findRelease, type ReleaseChange } from './release.repository.js';

/** A release that nobody else can change until the transaction ends, with its deployment and the time by the database. */
export interface LockedRelease {
  readonly release: Release;
  readonly deployment: Deployment;
  readonly at: Date;
}

/** What a step of a release is called, and what it was decided by. */
export interface ReleaseStep extends Actor {
  readonly message: string;
  readonly evidence?: JsonObject;
}

/** The deployment is locked first, everywhere, so that no two wait for each other. @throws release_not_found */
export async function lockRelease(tx: Transaction, id: string): Promise<LockedRelease> {
  const { deployment: name } = await findRelease(tx, id);
  const deployment = await lockDeployment(tx, name);
  return { release: await findRelease(tx, id), deployment, at: await readClock(tx) };
}

/** The same release as it is now, later in the same transaction. */
export async function readAgain(tx: Transaction, { release, at }: LockedRelease): Promise<LockedRelease> {
  return { release: await findRelease(tx, release.id), deployment: await findDeployment(tx, release.deployment), at };
}

/**
 * Changes a release and writes the event that tells of it. Whoever calls it settles who serves afterwards.
 *
 * @throws conflict when its state cannot follow the one that it has
 */
export async function changeRelease(
  tx: Transaction,
  { release, at }: Pick<LockedRelease, 'release' | 'at'>,
  kind: ReleaseEventKind,
  change: ReleaseChange,
  step: ReleaseStep,
): Promise<{ readonly release: Release; readonly event: ReleaseEvent }> {
  if (change.state !== undefined && change.state !== release.state)
    assertTransition(RELEASE_TRANSITIONS, `release ${release.id}`, release.state, change.state);
  const changed = await compareAndSetRelease(tx, release, change);
  return { release: changed, event: await recordStep(tx, { release: changed, at }, kind, step) };
}

/** Writes an event that changes nothing of the release itself. */
export function recordStep(
  tx: Transaction,
  { release, at }: Pick<LockedRelease, 'release' | 'at'>,
  kind: ReleaseEventKind,
  { actor, message, evidence = {}, requestId }: ReleaseStep,
): Promise<ReleaseEvent> {
  return insertReleaseEvent(tx, {
    releaseId: release.id,
    at,
    kind,
    actor,
    message,
    evidence,
    requestId: requestId ?? null,
  });
}
