import type { Database, Transaction } from '#database';
import { CodedError } from '#errors';
import { initialState } from '#release-policy';
import { insertAuditEntry } from '../audit/audit.repository.js';
import { readClock } from '../clock.repository.js';
import { lockDeployment } from '../deployments/deployment.repository.js';
import { findModelVersion, lockModelVersions } from '../model-versions/model-version.repository.js';
import { randomId } from '../random-id.js';
import type { Deployment } from '../records.js';
import { enqueueWebhookEvent } from '../webhooks/enqueue-webhook-event.js';
import { recordStep } from './change-release.js';
import { findPolicy } from './policies.js';
import { findQuarantine } from './quarantine.repository.js';
import type { NewRelease, Release } from './release.js';
import { findOpenRelease, insertRelease } from './release.repository.js';
import { settleServing } from './settle-serving.js';

/** The policy of a release that names none. */
const DEFAULT_NAME = 'default';

/**
 * Opens a release: the candidate is loaded and checked on every replica, and serves nothing before it has passed the gates.
 *
 * @throws deployment_not_found; model_not_found; policy_not_found; conflict when the deployment serves nothing yet, serves
 *   the candidate, is pinned or has an open release, or when the candidate was rejected or is in quarantine
 */
export function openRelease(database: Database, wanted: NewRelease): Promise<Release> {
  return database.transaction((tx) => openReleaseIn(tx, wanted));
}

/** The same as a part of a larger change; what it refuses it refuses before it has written anything. */
export async function openReleaseIn(tx: Transaction, wanted: NewRelease): Promise<Release> {
  const { deployment: name, candidateVersionId, policyName = DEFAULT_NAME } = wanted;
  const deployment = await lockDeployment(tx, name);
  const incumbentVersionId = await requireFree(tx, deployment);
  const at = await readClock(tx);
  await requireCandidate(tx, deployment, candidateVersionId, at);
  const policy = await findPolicy(tx, policyName);
  const release = await insertRelease(tx, {
    id: `rel-${randomId()}`,
    deployment: name,
    candidateVersionId,
    incumbentVersionId,
    policyName,
    policyVersion: policy.version,
    policy: policy.document,
    statistics: initialState(),
    openedAt: at,
    openedBy: wanted.actor,
    reason: wanted.reason ?? null,
  });
  const facts = {
    deployment: name,
    candidate: candidateVersionId,
    incumbent: incumbentVersionId,
    policy: { name: policyName, version: policy.version },
  };
  const message = `${wanted.actor} opened the release of ${candidateVersionId} against ${incumbentVersionId}${wanted.reason ? `: ${wanted.reason}` : '.'}`;
  const event = await recordStep(tx, { release, at }, 'opened', { ...wanted, message, evidence: facts });
  await insertAuditEntry(tx, wanted, 'release.open', release.id, facts);
  await enqueueWebhookEvent(tx, 'release.opened', { release: release.id, ...facts, message });
  await settleServing(tx, name, at, event.id);
  return release;
}

/** @returns the version that the candidate is compared with */
async function requireFree(tx: Transaction, { name, incumbentVersionId, ...pin }: Deployment): Promise<string> {
  if (incumbentVersionId === null) {
    const text = `The deployment ${name} serves no version yet, so there is nothing to compare with; promote the first version at once.`;
    throw new CodedError('conflict', text);
  }
  if (pin.pinnedAt !== null) {
    const text = `The deployment ${name} was pinned by ${pin.pinnedBy ?? 'somebody'} at ${pin.pinnedAt.toISOString()}${pin.pinReason ? ` (${pin.pinReason})` : ''}; unpin it first.`;
    throw new CodedError('conflict', text);
  }
  const open = await findOpenRelease(tx, name);
  if (open === null) return incumbentVersionId;
  const text = `The deployment ${name} has an open release, ${open.id} of ${open.candidateVersionId} (${open.state}); wait for its end or abort it.`;
  throw new CodedError('conflict', text);
}

async function requireCandidate(tx: Transaction, deployment: Deployment, id: string, at: Date): Promise<void> {
  // A deletion at the same time waits for it, or is seen.
  await lockModelVersions(tx, [id]);
  const { state } = await findModelVersion(tx, id);
  if (deployment.incumbentVersionId === id)
    throw new CodedError('conflict', `The deployment ${deployment.name} already serves ${id}.`, { param: 'version' });
  if (state === 'rejected')
    throw new CodedError('conflict', `The model version ${id} was rejected and cannot be released.`, {
      param: 'version',
    });
  const quarantine = await findQuarantine(tx, id);
  if (quarantine === null || quarantine.until <= at) return;
  throw new CodedError(
    'conflict',
    `The model version ${id} was rolled back by itself ${quarantine.count} times (${quarantine.reason}) and is in quarantine until ${quarantine.until.toISOString()}; wait, or promote it at once.`,
    { param: 'version' },
  );
}
