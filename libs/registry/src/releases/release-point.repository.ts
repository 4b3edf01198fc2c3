import type { Transaction } from '#database';
import { toJson } from '../json.repository.js';
import type { ArmCounts, NewReleasePoint, ReleasePoint } from './release-point.js';

/** Most points that are read: more than a release has, whose points lie further apart the longer it lasts. */
const MOST_POINTS = 5_000;

interface ArmRow {
  readonly arm: string;
  readonly requests: number;
  readonly errors: number;
  readonly late: number;
  readonly timed: number;
  readonly durationMs: number;
}

/** Keeps how a release stands, with what its arms did since the point before. One at the same position is kept once. */
export async function insertReleasePoint(
  client: Transaction,
  releaseId: string,
  at: Date,
  { position, stageIndex, metrics }: NewReleasePoint,
): Promise<void> {
  const last = await client.releasePoint.findFirst({ where: { releaseId }, orderBy: { position: 'desc' } });
  if (last !== null && Number(last.position) >= position) return;
  const arms = await countArms(client, releaseId, Number(last?.position ?? 0));
  await client.releasePoint.create({ data: { releaseId, at, position, stageIndex, data: toJson({ metrics, arms }) } });
}

/** How a release stood, the oldest first. */
export async function findReleasePoints(client: Transaction, releaseId: string): Promise<readonly ReleasePoint[]> {
  const rows = await client.releasePoint.findMany({
    where: { releaseId },
    orderBy: { position: 'asc' },
    take: MOST_POINTS,
  });
  return rows.map(({ at, position, stageIndex, data }) => ({
    at,
    position: Number(position),
    stageIndex,
    // Written by nobody but us.
    ...(data as unknown as Pick<ReleasePoint, 'metrics' | 'arms'>),
  }));
}

/** What each arm did in the observations that were added after a position. */
export async function countArms(
  client: Transaction,
  releaseId: string,
  position: number,
): Promise<ReleasePoint['arms']> {
  const rows = await client.$queryRaw<ArmRow[]>`
    SELECT "arm",
      coalesce(sum("value") FILTER (WHERE "metric" = 'requests'), 0)::float8 AS "requests",
      (count(*) FILTER (WHERE "metric" = 'errors'))::float8 AS "errors",
      (count(*) FILTER (WHERE "metric" = 'latency'))::float8 AS "late",
      coalesce(sum("value") FILTER (WHERE "metric" = 'requests' AND "duration_ms" IS NOT NULL), 0)::float8 AS "timed",
      coalesce(sum("duration_ms"), 0)::float8 AS "durationMs"
    FROM "observations"
    WHERE "release_id" = ${releaseId} AND "position" > ${position} AND "arm" <> 'both'
      AND "metric" IN ('requests', 'errors', 'latency')
    GROUP BY "arm"`;
  const countsOf = (arm: string): ArmCounts => {
    const { requests, errors, late, timed, durationMs } = rows.find((row) => row.arm === arm) ?? NOTHING;
    return { requests, errors, late, timed, durationMs };
  };
  return { candidate: countsOf('candidate'), incumbent: countsOf('incumbent') };
}

const NOTHING: ArmCounts = { requests: 0, errors: 0, late: 0, timed: 0, durationMs: 0 };
