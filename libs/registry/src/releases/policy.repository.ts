import type { Prisma, Transaction } from '#database';
import { restorePolicy, type ReleasePolicy } from '#release-policy';
import { toJson } from '../json.repository.js';
import type { PolicyVersion } from './release.js';

function toPolicy(row: Prisma.ReleasePolicyVersionGetPayload<object>): PolicyVersion {
  // It was checked before it was written, perhaps by an earlier version.
  return { ...row, document: restorePolicy(row.document as unknown as ReleasePolicy) };
}

/** The newest version of a stored policy. */
export async function findPolicyIfAny(client: Transaction, name: string): Promise<PolicyVersion | null> {
  const row = await client.releasePolicyVersion.findFirst({ where: { name }, orderBy: { version: 'desc' } });
  return row && toPolicy(row);
}

/** All versions of a stored policy, the newest first; at most 100. */
export async function findPolicyVersions(client: Transaction, name: string): Promise<readonly PolicyVersion[]> {
  const rows = await client.releasePolicyVersion.findMany({
    where: { name },
    orderBy: { version: 'desc' },
    take: 100,
  });
  return rows.map(toPolicy);
}

/** The newest version of each stored policy, by name; at most 100. */
export async function findNewestPolicies(client: Transaction): Promise<readonly PolicyVersion[]> {
  const rows = await client.releasePolicyVersion.findMany({
    distinct: ['name'],
    orderBy: [{ name: 'asc' }, { version: 'desc' }],
    take: 100,
  });
  return rows.map(toPolicy);
}

/** Adds a version of a policy. Two people who do it at once wait for each other. */
export async function insertPolicyVersion(
  client: Transaction,
  name: string,
  document: ReleasePolicy,
  createdBy: string,
): Promise<PolicyVersion> {
  await client.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`release_policies:${name}`}, 0))`;
  const version = ((await findPolicyIfAny(client, name))?.version ?? 0) + 1;
  return toPolicy(
    await client.releasePolicyVersion.create({ data: { name, version, document: toJson(document), createdBy } }),
  );
}
