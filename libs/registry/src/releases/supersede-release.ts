import type { Transaction } from '#database';
import type { Actor } from '../inputs.js';
import { changeRelease } from './change-release.js';
import type { Release } from './release.js';
import { findOpenRelease } from './release.repository.js';

/** Ends the open release of a deployment, if there is one, because a person has decided what serves. */
export async function supersedeRelease(
  tx: Transaction,
  deployment: string,
  at: Date,
  by: Actor,
  message: string,
): Promise<Release | null> {
  const release = await findOpenRelease(tx, deployment);
  if (release === null) return null;
  const change = { state: 'superseded', share: 0, heldAt: null, resumes: null, endedAt: at, reason: message } as const;
  const step = { ...by, message, evidence: { reason: by.reason ?? null } };
  return (await changeRelease(tx, { release, at }, 'superseded', change, step)).release;
}
