import type { Transaction } from '#database';
import { quarantineSeconds, type ReleasePolicy } from '#release-policy';
import type { VersionQuarantine } from './release.js';

/** The last quarantine of a version, also when it is over; null when it never had one. */
export function findQuarantine(client: Transaction, versionId: string): Promise<VersionQuarantine | null> {
  return client.versionQuarantine.findUnique({ where: { versionId } });
}

/** Puts a version into quarantine, each time for longer, as the policy says. */
export async function quarantineVersion(
  client: Transaction,
  versionId: string,
  at: Date,
  reason: string,
  policy: ReleasePolicy,
): Promise<VersionQuarantine> {
  const before = await findQuarantine(client, versionId);
  const count = (before?.count ?? 0) + 1;
  const until = new Date(at.getTime() + Math.round(1000 * quarantineSeconds(policy, count)));
  const data = { until, count, reason };
  return client.versionQuarantine.upsert({ where: { versionId }, create: { versionId, ...data }, update: data });
}

/** Ends the quarantine of a version that a person lets serve; how often it was rolled back is still known. */
export async function endQuarantine(client: Transaction, versionId: string, at: Date): Promise<void> {
  await client.versionQuarantine.updateMany({ where: { versionId, until: { gt: at } }, data: { until: at } });
}
