import type { Prisma, Transaction } from '#database';
import type { ServingPeriod } from './release.js';

const PREFIX = 'period-';

/** What serves a deployment in a role from now on. */
export type ServingRole = Pick<ServingPeriod, 'role' | 'versionId' | 'share' | 'releaseId'>;

function toPeriod({ deploymentName, ...row }: Prisma.ServingPeriodGetPayload<object>): ServingPeriod {
  return { ...row, deployment: deploymentName, id: `${PREFIX}${row.id}`, role: row.role as ServingPeriod['role'] };
}

/**
 * Writes who serves a deployment from `at` on: periods of roles that stay as they were go on, the others end, and those
 * that differ begin. The deployment must be locked.
 *
 * @param cause id of the audit entry or release event that tells why
 */
export async function updateServingPeriods(
  client: Transaction,
  deployment: string,
  roles: readonly ServingRole[],
  at: Date,
  cause: string,
): Promise<void> {
  const open = await client.servingPeriod.findMany({ where: { deploymentName: deployment, endedAt: null } });
  const isSame = (period: (typeof open)[number], role: ServingRole): boolean =>
    period.role === role.role &&
    period.versionId === role.versionId &&
    period.share === role.share &&
    period.releaseId === role.releaseId;
  for (const period of open) {
    if (roles.some((role) => isSame(period, role))) continue;
    // A clock that was set back must not make a period end before it began.
    const endedAt = at < period.startedAt ? period.startedAt : at;
    await client.servingPeriod.update({ where: { id: period.id }, data: { endedAt, endedBy: cause } });
  }
  const begun = roles.filter((role) => !open.some((period) => isSame(period, role)));
  await client.servingPeriod.createMany({
    data: begun.map((role) => ({ ...role, deploymentName: deployment, startedAt: at, startedBy: cause })),
  });
}

/** What served a deployment at a time: the incumbent first. Empty when nothing did. */
export async function findServingAt(
  client: Transaction,
  deployment: string,
  at: Date,
): Promise<readonly ServingPeriod[]> {
  const rows = await client.servingPeriod.findMany({
    where: {
      deploymentName: deployment,
      startedAt: { lte: at },
      OR: [{ endedAt: null }, { endedAt: { gt: at } }],
    },
    orderBy: [{ role: 'desc' }, { id: 'asc' }],
  });
  return rows.map(toPeriod);
}

/** When a version served, in whatever deployment and role; newest first, at most `limit`. */
export async function findPeriodsOfVersion(
  client: Transaction,
  versionId: string,
  limit: number,
): Promise<readonly ServingPeriod[]> {
  const rows = await client.servingPeriod.findMany({
    where: { versionId },
    orderBy: [{ startedAt: 'desc' }, { id: 'desc' }],
    take: limit,
  });
  return rows.map(toPeriod);
}
