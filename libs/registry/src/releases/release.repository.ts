import { Prisma, type Transaction } from '#database';
import { CodedError } from '#errors';
import { restorePolicy, restoreStatistics, type ReleasePolicy, type ReleaseStatistics } from '#release-policy';
import { fromJson, toJson } from '../json.repository.js';
import { pageArguments, sameId, toPage } from '../paging.js';
import type { Page, PageRequest } from '../records.js';
import type { ReleaseState } from '../transitions.js';
import type { Release, ReleaseStage } from './release.js';

/** What of a release can change. */
export type ReleaseChange = Partial<
  Omit<Release, 'id' | 'deployment' | 'candidateVersionId' | 'incumbentVersionId' | 'revision' | 'openedAt'>
>;

/** Which releases are wanted. */
export interface ReleaseQuery extends PageRequest {
  readonly deployment?: string | undefined;
  readonly state?: ReleaseState | undefined;
  /** Only those that compare this version, as candidate or as incumbent. */
  readonly version?: string | undefined;
}

function toRelease({ deploymentName, ...row }: Prisma.ReleaseGetPayload<object>): Release {
  return {
    ...row,
    deployment: deploymentName,
    state: row.state as ReleaseState,
    stage: row.stage as ReleaseStage,
    // Written by nobody but us, and checked before; perhaps by an earlier version.
    policy: restorePolicy(row.policy as unknown as ReleasePolicy),
    statistics: restoreStatistics(row.statistics as unknown as ReleaseStatistics),
    position: Number(row.position),
    gates: row.gates === null ? null : fromJson(row.gates),
  };
}

/** Inserts a release in `shadow`; the database refuses a second open one of its deployment. */
export async function insertRelease(
  client: Transaction,
  release: Pick<
    Release,
    | 'id'
    | 'deployment'
    | 'candidateVersionId'
    | 'incumbentVersionId'
    | 'policyName'
    | 'policyVersion'
    | 'policy'
    | 'statistics'
    | 'openedAt'
    | 'openedBy'
    | 'reason'
  >,
): Promise<Release> {
  const { deployment, policy, statistics, ...rest } = release;
  const data = {
    ...rest,
    deploymentName: deployment,
    state: 'shadow',
    stage: 'shadow',
    stageIndex: 0,
    share: 0,
    policy: toJson(policy),
    statistics: toJson(statistics),
    stageSince: release.openedAt,
  };
  return toRelease(await client.release.create({ data }));
}

/** @throws release_not_found */
export async function findRelease(client: Transaction, id: string): Promise<Release> {
  const row = await client.release.findUnique({ where: { id } });
  if (row !== null) return toRelease(row);
  throw new CodedError('release_not_found', `No release has the id ${JSON.stringify(id)}.`, { param: 'release' });
}

/** The release of a deployment that has not ended, if there is one. */
export async function findOpenRelease(client: Transaction, deployment: string): Promise<Release | null> {
  const row = await client.release.findFirst({ where: { deploymentName: deployment, endedAt: null } });
  return row && toRelease(row);
}

export async function findReleases(client: Transaction, request: ReleaseQuery): Promise<Page<Release>> {
  const { deployment, state, version } = request;
  const rows = await client.release.findMany({
    where: {
      ...(deployment !== undefined && { deploymentName: deployment }),
      ...(state && { state }),
      ...(version !== undefined && { OR: [{ candidateVersionId: version }, { incumbentVersionId: version }] }),
    },
    orderBy: [{ openedAt: 'desc' }, { id: 'desc' }],
    ...pageArguments(request, sameId),
  });
  return toPage(request, rows, toRelease, async (id) => (await client.release.count({ where: { id } })) > 0);
}

/**
 * Changes a release that still has the revision that was found.
 *
 * @throws conflict when someone else has changed it since
 */
export async function compareAndSetRelease(
  client: Transaction,
  found: Release,
  { policy, statistics, gates, ...change }: ReleaseChange,
): Promise<Release> {
  const { id, revision } = found;
  const { count } = await client.release.updateMany({
    where: { id, revision },
    data: {
      ...change,
      ...(policy && { policy: toJson(policy) }),
      ...(statistics && { statistics: toJson(statistics) }),
      ...(gates !== undefined && { gates: gates === null ? Prisma.DbNull : toJson(gates) }),
      revision: revision + 1,
    },
  });
  if (count === 1) return findRelease(client, id);
  throw new CodedError(
    'conflict',
    `The release ${id} was changed by someone else since revision ${revision}; look at it and try again.`,
  );
}

/** How many releases of a deployment whose candidate had passed the gates were rolled back by `actor` within the last day. */
export async function countRollbacksOfLastDay(client: Transaction, deployment: string, actor: string): Promise<number> {
  const [row] = await client.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS "count" FROM "releases" r JOIN "release_events" e ON e."release_id" = r."id"
    WHERE r."deployment" = ${deployment} AND r."gates" IS NOT NULL AND e."kind" = 'rolled_back' AND e."actor" = ${actor}
      AND e."at" > clock_timestamp() - interval '1 day'`;
  return row?.count ?? 0;
}
