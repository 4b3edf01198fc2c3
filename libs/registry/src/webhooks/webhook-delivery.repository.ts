import type { Prisma, Transaction } from '#database';
import { CodedError } from '#errors';
import { fromJson, toJson } from '../json.repository.js';
import { numberedId, pageArguments, toPage } from '../paging.js';
import type { JsonObject, Page, PageRequest } from '../records.js';
import type { ClaimedDelivery, WebhookDelivery, WebhookDeliveryState, WebhookEventType } from './webhook.js';

const PREFIX = 'whd-';
const toNumber = numberedId(PREFIX);

/** How long what is finished can be looked at. */
const KEPT_FOR = '30 days';

function toDelivery(row: Prisma.WebhookDeliveryGetPayload<object>): WebhookDelivery {
  return {
    ...row,
    id: `${PREFIX}${row.id}`,
    state: row.state as WebhookDeliveryState,
    payload: fromJson(row.payload),
  };
}

/**
 * Writes an event for every webhook that wants it. A webhook that is being deleted is waited for: its deletion must not
 * make the change fail that the event tells of.
 */
export async function insertDeliveries(
  client: Transaction,
  { eventId, type, payload }: { eventId: string; type: WebhookEventType; payload: JsonObject },
): Promise<void> {
  await client.$executeRaw`
    INSERT INTO "webhook_deliveries" ("webhook_id", "event_id", "type", "payload")
    SELECT "id", ${eventId}, ${type}, ${JSON.stringify(payload)}::jsonb
    FROM "webhooks" WHERE ${type} = ANY("events") ORDER BY "id" FOR KEY SHARE`;
}

/** Writes an event for one webhook, whatever kinds of events it wants. */
export async function insertDelivery(
  client: Transaction,
  webhookId: string,
  { eventId, type, payload }: { eventId: string; type: string; payload: JsonObject },
): Promise<WebhookDelivery> {
  return toDelivery(
    await client.webhookDelivery.create({ data: { webhookId, eventId, type, payload: toJson(payload) } }),
  );
}

/**
 * Takes deliveries that are due, the one that waits longest first, and hides them from everybody else for `holdMs`: what
 * another process is taking at the same moment is passed over.
 */
export async function takeDueDeliveries(
  client: Transaction,
  limit: number,
  holdMs: number,
): Promise<readonly ClaimedDelivery[]> {
  // A millisecond more: stored times are rounded to whole ones, half of them upwards.
  const rows = await client.$queryRaw<(Omit<ClaimedDelivery, 'id'> & { id: bigint })[]>`
    UPDATE "webhook_deliveries" d
    SET "attempts" = d."attempts" + 1, "next_attempt_at" = now() + ${holdMs} * interval '1 millisecond'
    FROM "webhooks" w
    WHERE w."id" = d."webhook_id" AND d."id" IN (
      SELECT "id" FROM "webhook_deliveries" WHERE "state" = 'pending' AND "next_attempt_at" <= now() + interval '1 millisecond'
      ORDER BY "next_attempt_at", "id" LIMIT ${limit} FOR UPDATE SKIP LOCKED)
    RETURNING d."id", d."webhook_id" AS "webhookId", d."event_id" AS "eventId", d."type", d."payload", d."attempts",
      w."url", array_remove(ARRAY[w."secret", CASE WHEN w."previous_secret_until" > now() THEN w."previous_secret" END], NULL)
        AS "secrets"`;
  return rows.map((row) => ({ ...row, id: `${PREFIX}${row.id}` }));
}

/** What an attempt makes of a delivery. */
export interface DeliveryChange {
  readonly state: WebhookDeliveryState;
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  /** For a `pending` one: how long from now it rests. */
  readonly waitMs: number;
}

/** Writes what came of an attempt, unless another one was begun since or the delivery is gone. */
export async function updateDelivery(
  client: Transaction,
  { id, attempts }: Pick<ClaimedDelivery, 'id' | 'attempts'>,
  { state, lastStatus, lastError, waitMs }: DeliveryChange,
): Promise<boolean> {
  const changed = await client.$executeRaw`
    UPDATE "webhook_deliveries"
    SET "state" = ${state}, "last_status" = ${lastStatus}, "last_error" = ${lastError},
      "next_attempt_at" = now() + ${waitMs} * interval '1 millisecond',
      "finished_at" = CASE WHEN ${state} = 'pending' THEN NULL ELSE now() END
    WHERE "id" = ${toNumber(id)} AND "attempts" = ${attempts} AND "state" = 'pending'`;
  return changed > 0;
}

/** Gives a delivery back that was taken and not sent; the attempt does not count. */
export async function returnDelivery(
  client: Transaction,
  { id, attempts }: Pick<ClaimedDelivery, 'id' | 'attempts'>,
): Promise<void> {
  await client.$executeRaw`
    UPDATE "webhook_deliveries" SET "attempts" = "attempts" - 1, "next_attempt_at" = now()
    WHERE "id" = ${toNumber(id)} AND "attempts" = ${attempts} AND "state" = 'pending'`;
}

/** Makes a dead letter due now, as if it had never been sent. False when there is none that is dead. */
export async function reviveDelivery(client: Transaction, id: string): Promise<boolean> {
  const changed = await client.$executeRaw`
    UPDATE "webhook_deliveries" SET "state" = 'pending', "attempts" = 0, "next_attempt_at" = now(), "finished_at" = NULL
    WHERE "id" = ${toNumber(id)} AND "state" = 'dead'`;
  return changed > 0;
}

/** @throws not_found */
export async function findDelivery(client: Transaction, id: string): Promise<WebhookDelivery> {
  const number = /^whd-\d{1,18}$/.test(id) ? toNumber(id) : null;
  const row = number === null ? null : await client.webhookDelivery.findUnique({ where: { id: number } });
  if (row !== null) return toDelivery(row);
  throw new CodedError('not_found', `No webhook delivery has the id ${JSON.stringify(id)}.`);
}

/** Which deliveries are wanted. */
export interface DeliveryQuery extends PageRequest {
  readonly webhookId?: string | undefined;
  readonly state?: WebhookDeliveryState | undefined;
}

export async function findDeliveries(client: Transaction, request: DeliveryQuery): Promise<Page<WebhookDelivery>> {
  const { webhookId, state } = request;
  const rows = await client.webhookDelivery.findMany({
    where: { ...(webhookId === undefined ? {} : { webhookId }), ...(state === undefined ? {} : { state }) },
    orderBy: { id: 'desc' },
    ...pageArguments(request, toNumber),
  });
  return toPage(
    request,
    rows,
    toDelivery,
    async (id) => (await client.webhookDelivery.count({ where: { id: toNumber(id) } })) > 0,
  );
}

/** Forgets what was finished long ago of a webhook. */
export async function deleteOldDeliveries(client: Transaction, webhookId: string): Promise<void> {
  await client.$executeRaw`
    DELETE FROM "webhook_deliveries"
    WHERE "webhook_id" = ${webhookId} AND "finished_at" < now() - ${KEPT_FOR}::interval`;
}
