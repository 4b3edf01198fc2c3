import { Prisma, type Transaction } from '#database';
import { fromJson } from '../json.repository.js';
import { checkLimit, unknownCursor } from '../paging.js';
import type { Page, PageRequest } from '../records.js';
import type { TimelineEntry } from './release.js';

/** Which entries are wanted. */
export interface TimelineQuery extends PageRequest {
  /** Only what was done by people and services, decided in releases, or served. */
  readonly source?: TimelineEntry['source'] | undefined;
}

interface TimelineRow extends Omit<TimelineEntry, 'data'> {
  readonly data: Prisma.JsonValue;
}

/**
 * The history of a deployment, newest first: audit entries of it, events of its releases, and which version began to serve
 * with which share. What happened in the same millisecond stands in the order audit, release, serving, the newest first.
 *
 * @throws invalid_value when `after` is no id of an entry
 */
export async function findTimeline(
  client: Transaction,
  deployment: string,
  request: TimelineQuery,
): Promise<Page<TimelineEntry>> {
  const limit = checkLimit(request.limit);
  const entries = Prisma.sql`
    SELECT 'audit-' || "id" AS "id", "at", 'audit' AS "source", 3 AS "rank", "id" AS "number", "action" AS "kind", "actor",
      "reason" AS "message", NULL AS "releaseId", "data"
      FROM "audit_entries" WHERE "subject" = ${deployment}
    UNION ALL
    SELECT 'relevent-' || e."id", e."at", 'release', 2, e."id", e."kind", e."actor", e."message", e."release_id", e."evidence"
      FROM "release_events" e JOIN "releases" r ON r."id" = e."release_id" WHERE r."deployment" = ${deployment}
    UNION ALL
    SELECT 'period-' || "id", "started_at", 'serving', 1, "id", "role", NULL, NULL, "release_id",
      jsonb_build_object('version', "version_id", 'share', "share", 'until', "ended_at", 'cause', "started_by")
      FROM "serving_periods" WHERE "deployment" = ${deployment}`;
  const wanted = request.source === undefined ? Prisma.sql`TRUE` : Prisma.sql`t."source" = ${request.source}`;
  const before =
    request.after === undefined
      ? Prisma.sql`TRUE`
      : Prisma.sql`(t."at", t."rank", t."number") < (
          SELECT c."at", c."rank", c."number" FROM "entries" c WHERE c."id" = ${request.after})`;
  const rows = await client.$queryRaw<TimelineRow[]>`
    WITH "entries" AS (${entries})
    SELECT t."id", t."at", t."source", t."kind", t."actor", t."message", t."releaseId", t."data" FROM "entries" t
    WHERE ${wanted} AND ${before}
    ORDER BY t."at" DESC, t."rank" DESC, t."number" DESC LIMIT ${limit + 1}`;
  if (rows.length === 0 && request.after !== undefined) {
    const [known] = await client.$queryRaw<object[]>`
      WITH "entries" AS (${entries}) SELECT 1 FROM "entries" WHERE "id" = ${request.after}`;
    if (known === undefined) throw unknownCursor(request.after);
  }
  const items = rows.slice(0, limit).map((row) => ({ ...row, data: fromJson(row.data) }));
  return { items, hasMore: rows.length > limit };
}
