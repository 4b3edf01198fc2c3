import { Prisma, type Transaction } from '#database';
import { fromJson } from '../json.repository.js';
import { numberedId, pageArguments, toPage } from '../paging.js';
import type { JsonObject, Page, PageRequest } from '../records.js';

const toNumber = numberedId('ftevent-');

/** Most events that one answer looks at: a run that tells something every ten seconds needs more than five days for it. */
const SCAN_LIMIT = 50_000;

/** What a run told of one of its steps. */
export interface RunMetric {
  readonly at: Date;
  /** As in the event, without the sample text. */
  readonly data: JsonObject;
}

/** A curve with few enough points to be drawn. */
export interface ThinnedMetrics {
  /** In the order in which they were told. */
  readonly metrics: readonly RunMetric[];
  /** How many there are, those that were left out included. */
  readonly told: number;
  /** The id to go on after; null where there is none. */
  readonly lastId: string | null;
  readonly hasMore: boolean;
}

/** Which part of a curve is wanted, and how fine. */
export interface MetricQuery {
  /** Id of an event; what was told after it. */
  readonly after?: string | undefined;
  /** Most points of training, and most evaluations. */
  readonly points: number;
}

interface MetricRow {
  readonly createdAt: Date;
  readonly data: Prisma.JsonValue;
  readonly told: bigint;
  readonly lastId: bigint;
}

/**
 * What a run measured. Where there is more than `points`, stretches of equally many events are each represented by the one with the lowest
 * and the one with the highest training loss, so that a spike stays one; the last event is always there.
 *
 * @throws invalid_value when `after` is no id of an event
 */
export async function findRunMetrics(client: Transaction, runId: string, query: MetricQuery): Promise<ThinnedMetrics> {
  const after = query.after === undefined ? 0n : toNumber(query.after);
  const rows = await client.$queryRaw<MetricRow[]>`
    WITH told AS (
      SELECT "id", "data" ? 'valid_loss' AS evaluated, ("data"->>'train_loss')::float8 AS loss
      FROM "run_events"
      WHERE "training_run_id" = ${runId} AND "type" = 'metrics' AND "id" > ${after} AND jsonb_typeof("data") = 'object'
      ORDER BY "id" LIMIT ${SCAN_LIMIT + 1}
    ), seen AS (
      SELECT * FROM told ORDER BY "id" LIMIT ${SCAN_LIMIT}
    ), placed AS (
      SELECT "id", evaluated, loss,
        row_number() OVER (PARTITION BY evaluated ORDER BY "id") - 1 AS place,
        count(*) OVER (PARTITION BY evaluated) AS of_its_kind
      FROM seen
    ), stretches AS (
      SELECT (array_agg("id" ORDER BY loss, "id"))[1] AS lowest, (array_agg("id" ORDER BY loss DESC NULLS LAST, "id"))[1] AS highest
      FROM placed
      GROUP BY evaluated, CASE WHEN of_its_kind <= ${query.points}::int THEN place ELSE place * (${query.points}::int / 2) / of_its_kind END
    ), kept AS (
      SELECT lowest AS "id" FROM stretches UNION SELECT highest FROM stretches UNION SELECT max("id") FROM seen
    )
    SELECT e."created_at" AS "createdAt", e."data" - 'sample' AS "data",
      (SELECT count(*) FROM told) AS "told", (SELECT max("id") FROM seen) AS "lastId"
    FROM kept JOIN "run_events" e ON e."id" = kept."id" ORDER BY e."id"`;
  const told = Number(rows[0]?.told ?? 0);
  return {
    metrics: rows.map(({ createdAt, data }) => ({ at: createdAt, data: fromJson(data) })),
    told: Math.min(told, SCAN_LIMIT),
    lastId: rows[0] === undefined ? (query.after ?? null) : `ftevent-${rows[0].lastId}`,
    hasMore: told > SCAN_LIMIT,
  };
}

/** A text that the model of a run wrote at an evaluation. */
export interface RunSample {
  readonly id: string;
  readonly createdAt: Date;
  /** The numbers of the evaluation and, as `sample`, the text. */
  readonly data: JsonObject;
}

/** Evaluations with a text, the newest first. */
export async function findRunSamples(
  client: Transaction,
  runId: string,
  request: PageRequest,
): Promise<Page<RunSample>> {
  const rows = await client.runEvent.findMany({
    where: { trainingRunId: runId, type: 'metrics', data: { path: ['sample'], not: Prisma.AnyNull } },
    orderBy: { id: 'desc' },
    ...pageArguments(request, toNumber),
  });
  return toPage(
    request,
    rows,
    ({ id, createdAt, data }): RunSample => ({ id: `ftevent-${id}`, createdAt, data: fromJson(data ?? {}) }),
    async (id) => (await client.runEvent.count({ where: { id: toNumber(id), trainingRunId: runId } })) > 0,
  );
}
