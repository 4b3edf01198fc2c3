import type { Transaction } from '#database';
import type { DatabaseFacts, TrafficCounts, TrafficSlice } from './traffic-slice.js';

/** Writes what a replica has answered in a slice so far. */
export async function upsertTrafficSlice(client: Transaction, slice: TrafficSlice): Promise<void> {
  const { replicaId, startedAt, latencyCounts, ...rest } = slice;
  const data = { ...rest, latencyCounts: [...latencyCounts] };
  await client.trafficSlice.upsert({
    where: { replicaId_startedAt: { replicaId, startedAt } },
    create: { replicaId, startedAt, ...data },
    update: data,
  });
}

interface SumRow extends Omit<TrafficCounts, 'latencyCounts'> {
  readonly startedAt: Date;
  readonly latencyCounts: number[] | null;
}

/** What all replicas of a deployment answered since a time, a row for each slice in which there was anything, the oldest first. */
export async function sumTraffic(
  client: Transaction,
  deployment: string,
  since: Date,
): Promise<readonly (TrafficCounts & { readonly startedAt: Date })[]> {
  const rows = await client.$queryRaw<SumRow[]>`
    WITH "slices" AS (SELECT * FROM "traffic_slices" WHERE "deployment" = ${deployment} AND "started_at" >= ${since}),
    "latencies" AS (
      SELECT "started_at", array_agg("n" ORDER BY "place") AS "counts" FROM (
        SELECT s."started_at", l."place", sum(l."count")::int AS "n"
        FROM "slices" s, unnest(s."latency_counts") WITH ORDINALITY AS l("count", "place") GROUP BY 1, 2
      ) AS "places" GROUP BY 1
    )
    SELECT s."started_at" AS "startedAt", sum(s."requests")::int AS "requests", sum(s."failed")::int AS "failed",
      sum(s."cancelled")::int AS "cancelled", sum(s."prompt_tokens")::int AS "promptTokens",
      sum(s."completion_tokens")::int AS "completionTokens", l."counts" AS "latencyCounts"
    FROM "slices" s LEFT JOIN "latencies" l USING ("started_at") GROUP BY s."started_at", l."counts" ORDER BY 1`;
  return rows.map(({ latencyCounts, ...row }) => ({ ...row, latencyCounts: latencyCounts ?? [] }));
}

export async function deleteOldTraffic(client: Transaction, before: Date): Promise<void> {
  await client.trafficSlice.deleteMany({ where: { startedAt: { lt: before } } });
}

export async function readDatabaseFacts(client: Transaction): Promise<DatabaseFacts> {
  const [row] = await client.$queryRaw<{ size: bigint; connections: bigint; most: string; version: string }[]>`
    SELECT pg_database_size(current_database()) AS "size",
      (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()) AS "connections",
      current_setting('max_connections') AS "most", current_setting('server_version') AS "version"`;
  return {
    sizeBytes: Number(row?.size ?? 0),
    connections: Number(row?.connections ?? 0),
    maxConnections: Number(row?.most ?? 0),
    version: row?.version ?? '',
  };
}
