import { Prisma, type Transaction } from '#database';
import { CodedError } from '#errors';
import type { NewObservation, StoredObservation } from './release.js';

interface ObservationRow extends Omit<NewObservation, 'arm' | 'metric' | 'value'> {
  readonly id: bigint;
  readonly metric: string;
  readonly arm: string;
  /** As text, since it may be infinite; seventeen digits give every number back as it was. */
  readonly value: string;
  readonly position: bigint | null;
  readonly firstOfClient: boolean;
}

const COLUMNS = Prisma.sql`o."id", o."release_id" AS "releaseId", o."at", o."replica_id" AS "replicaId",
  o."request_id" AS "requestId", o."metric", o."arm", o."stage_index" AS "stageIndex", o."share",
  o."value"::text AS "value", o."tokens", o."client", o."position"`;

/**
 * Writes a batch in one statement: an array per column, so that the statement is the same for every size.
 * Numbers travel as text, because JSON has no Infinity.
 */
export async function insertObservations(client: Transaction, batch: readonly NewObservation[]): Promise<void> {
  if (batch.length === 0) return;
  const column = (read: (observation: NewObservation) => string | number | null): (string | null)[] =>
    batch.map((observation) => read(observation)).map((value) => (value === null ? null : String(value)));
  await client.$executeRaw`
    INSERT INTO "observations"
      ("release_id", "at", "replica_id", "request_id", "metric", "arm", "stage_index", "share", "value", "tokens", "client", "key", "duration_ms")
    SELECT * FROM unnest(
      ${column(({ releaseId }) => releaseId)}::text[],
      ${column(({ at }) => at.toISOString())}::text[]::timestamptz[],
      ${column(({ replicaId }) => replicaId)}::text[],
      ${column(({ requestId }) => requestId)}::text[],
      ${column(({ metric }) => metric)}::text[],
      ${column(({ arm }) => arm)}::text[],
      ${column(({ stageIndex }) => stageIndex)}::text[]::int[],
      ${column(({ share }) => share)}::text[]::float8[],
      ${column(({ value }) => value)}::text[]::float8[],
      ${column(({ tokens }) => tokens)}::text[]::int[],
      ${column(({ client: hash }) => hash)}::text[],
      ${column(({ key }) => key ?? null)}::text[],
      ${column(({ durationMs }) => durationMs ?? null)}::text[]::float8[])
    ON CONFLICT ("key") DO NOTHING`;
}

/**
 * Observations that are in no statistics yet, in the order in which they will be added: that of their numbers. One whose
 * transaction commits late has a small number and no position, so a later call finds it.
 *
 * @param watchIndex the `stageIndex` of a release that is watched: from then on clients are counted anew
 */
export async function findNewObservations(
  client: Transaction,
  releaseId: string,
  watchIndex: number,
  limit: number,
): Promise<readonly StoredObservation[]> {
  const rows = await client.$queryRaw<ObservationRow[]>`
    SELECT ${COLUMNS}, (o."client" IS NULL OR NOT EXISTS (
      SELECT 1 FROM "observations" p WHERE p."release_id" = o."release_id" AND p."client" = o."client"
        AND p."metric" = o."metric" AND (p."stage_index" < ${watchIndex}) = (o."stage_index" < ${watchIndex})
        AND (p."position" IS NOT NULL OR p."id" < o."id"))) AS "firstOfClient"
    FROM "observations" o WHERE o."release_id" = ${releaseId} AND o."position" IS NULL ORDER BY o."id" LIMIT ${limit}`;
  const found = rows.map(toObservation);
  if (found.length < limit) return found;
  // A replica writes the counts of both arms one after the other: those at the cut wait for each other, so that nothing is decided between them.
  const end = found.findLastIndex(({ metric }) => metric !== 'requests') + 1;
  return end === 0 ? found : found.slice(0, end);
}

/** Observations in the order in which they were added to the statistics, from the one after `position`. */
export async function findAddedObservations(
  client: Transaction,
  releaseId: string,
  watchIndex: number,
  position: number,
  limit: number,
): Promise<readonly StoredObservation[]> {
  const rows = await client.$queryRaw<ObservationRow[]>`
    SELECT ${COLUMNS}, (o."client" IS NULL OR NOT EXISTS (
      SELECT 1 FROM "observations" p WHERE p."release_id" = o."release_id" AND p."client" = o."client"
        AND p."metric" = o."metric" AND (p."stage_index" < ${watchIndex}) = (o."stage_index" < ${watchIndex})
        AND p."position" < o."position")) AS "firstOfClient"
    FROM "observations" o WHERE o."release_id" = ${releaseId} AND o."position" > ${position}
    ORDER BY o."position" LIMIT ${limit}`;
  return rows.map(toObservation);
}

/** Forgets up to `limit` observations of releases that ended before `before`; the statistics and the evidence stay. */
export async function deleteOldObservations(client: Transaction, before: Date, limit: number): Promise<number> {
  return client.$executeRaw`
    DELETE FROM "observations" WHERE "id" IN (
      SELECT o."id" FROM "observations" o JOIN "releases" r ON r."id" = o."release_id"
      WHERE r."ended_at" < ${before} LIMIT ${limit})`;
}

/**
 * Gives observations their positions, the first of them `after` + 1.
 *
 * @throws conflict when one of them has a position already: someone else has added it
 */
export async function numberObservations(
  client: Transaction,
  releaseId: string,
  ids: readonly bigint[],
  after: number,
): Promise<void> {
  if (ids.length === 0) return;
  const changed = await client.$executeRaw`
    UPDATE "observations" o SET "position" = ${after}::bigint + n."number"
    FROM unnest(${ids.map(String)}::text[]::bigint[]) WITH ORDINALITY AS n("id", "number")
    WHERE o."id" = n."id" AND o."release_id" = ${releaseId} AND o."position" IS NULL`;
  if (changed === ids.length) return;
  throw new CodedError(
    'conflict',
    `Of ${ids.length} observations of the release ${releaseId}, ${ids.length - changed} were added by someone else.`,
  );
}

function toObservation(row: ObservationRow): StoredObservation {
  return {
    ...row,
    metric: row.metric as NewObservation['metric'],
    arm: row.arm as NewObservation['arm'],
    value: Number(row.value),
    position: row.position === null ? null : Number(row.position),
  };
}
