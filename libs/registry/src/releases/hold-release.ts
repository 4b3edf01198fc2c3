import type { Transaction } from '#database';
import { insertAuditEntry } from '../audit/audit.repository.js';
import { enqueueWebhookEvent } from '../webhooks/enqueue-webhook-event.js';
import { changeRelease, recordStep, type LockedRelease, type ReleaseStep } from './change-release.js';
import type { Release } from './release.js';
import { settleServing } from './settle-serving.js';

/** How a release is held. */
export interface Hold {
  /** Whether it goes on by itself once what holds it is over. */
  readonly resumes: boolean;
  /** Share of the candidate while it is held; as before when left out. */
  readonly share?: number;
  /** Whether a person is needed now. */
  readonly alarm?: boolean;
}

/**
 * Stops a release where it is. Nothing is written when it is held for the same reason already, so that saying so again and
 * again is neither a flood of events nor of alarms.
 */
export async function holdRelease(
  tx: Transaction,
  locked: LockedRelease,
  { resumes, share = locked.release.share, alarm = false }: Hold,
  step: ReleaseStep,
): Promise<Release> {
  const { release, at } = locked;
  if (release.state === 'held' && release.reason === step.message) return release;
  const heldAt = release.heldAt ?? at;
  const change = { state: 'held', share, heldAt, resumes, reason: step.message } as const;
  const { release: held, event } = await changeRelease(tx, locked, 'held', change, step);
  const facts = { deployment: release.deployment, release: release.id, candidate: release.candidateVersionId };
  await enqueueWebhookEvent(tx, 'release.held', { ...facts, message: step.message });
  if (alarm) await raiseAlarm(tx, { release: held, at }, step);
  await settleServing(tx, release.deployment, at, event.id);
  return held;
}

/** Calls a person: event, audit and webhook. */
export async function raiseAlarm(
  tx: Transaction,
  { release, at }: Pick<LockedRelease, 'release' | 'at'>,
  step: ReleaseStep,
): Promise<void> {
  const event = await recordStep(tx, { release, at }, 'alarm', step);
  const facts = { release: release.id, candidate: release.candidateVersionId, event: event.id };
  await insertAuditEntry(tx, { ...step, reason: step.message }, 'guard.alarm', release.deployment, facts);
  await enqueueWebhookEvent(tx, 'guard.alarm', { deployment: release.deployment, ...facts, message: step.message });
}
