import type { Transaction } from '#database';
import { CodedError } from '#errors';
import type { RequestClaim } from './request-claim.js';

/** How long an answer is kept, as Stripe does. */
const KEPT_FOR = '24 hours';

/** What is known of a request under its key. */
export interface StoredRequest {
  readonly fingerprint: string;
  readonly fence: number;
  readonly isClaimed: boolean;
  readonly requestId: string;
  readonly wasCarriedOut: boolean;
  readonly answer: Uint8Array | null;
}

export async function deleteOldRequests(client: Transaction): Promise<void> {
  await client.$executeRaw`
    DELETE FROM "idempotency_keys" WHERE "created_at" < now() - ${KEPT_FOR}::interval`;
}

/** Whether the request is new; then it is the caller's for `holdMs`. */
export async function insertRequestIfNew(
  client: Transaction,
  { apiKeyId, key }: Omit<RequestClaim, 'fence'>,
  { fingerprint, requestId, holdMs }: { fingerprint: string; requestId: string; holdMs: number },
): Promise<boolean> {
  const inserted = await client.$executeRaw`
    INSERT INTO "idempotency_keys" ("api_key_id", "key", "fingerprint", "request_id", "claimed_until")
    VALUES (${apiKeyId}, ${key}, ${fingerprint}, ${requestId}, now() + ${holdMs} * interval '1 millisecond')
    ON CONFLICT DO NOTHING`;
  return inserted > 0;
}

/** Reads a request that nobody else can change until the transaction ends; null when it has just been given up. */
export async function lockRequest(
  client: Transaction,
  { apiKeyId, key }: Omit<RequestClaim, 'fence'>,
): Promise<StoredRequest | null> {
  const [row] = await client.$queryRaw<StoredRequest[]>`
    SELECT "fingerprint", "fence", "claimed_until" > now() AS "isClaimed", "request_id" AS "requestId",
      "carried_out_at" IS NOT NULL AS "wasCarriedOut", "answer"
    FROM "idempotency_keys" WHERE "api_key_id" = ${apiKeyId} AND "key" = ${key} FOR UPDATE`;
  return row ?? null;
}

/** Gives a locked request that another process has left to the caller. */
export async function takeRequestOver(
  client: Transaction,
  { apiKeyId, key, fence }: RequestClaim,
  { requestId, holdMs }: { requestId: string; holdMs: number },
): Promise<void> {
  await client.$executeRaw`
    UPDATE "idempotency_keys"
    SET "fence" = ${fence}, "request_id" = ${requestId}, "claimed_until" = now() + ${holdMs} * interval '1 millisecond'
    WHERE "api_key_id" = ${apiKeyId} AND "key" = ${key}`;
}

/**
 * Notes in the transaction of a change that the request was carried out, so that it never is again.
 *
 * @throws conflict when it took so long that another process has begun it anew
 */
export async function markCarriedOut(client: Transaction, { apiKeyId, key, fence }: RequestClaim): Promise<void> {
  const { count } = await client.idempotencyKey.updateMany({
    where: { apiKeyId, key, fence },
    data: { carriedOutAt: new Date() },
  });
  if (count === 1) return;
  throw new CodedError(
    'conflict',
    `The request with the Idempotency-Key ${JSON.stringify(key)} took so long that it was begun anew; nothing was changed by this one. Look at what the other one has done.`,
    { param: 'Idempotency-Key' },
  );
}

export async function storeAnswer(
  client: Transaction,
  { apiKeyId, key, fence }: RequestClaim,
  answer: Uint8Array<ArrayBuffer>,
): Promise<void> {
  await client.idempotencyKey.updateMany({ where: { apiKeyId, key, fence }, data: { answer } });
}

/** Forgets a request that changed nothing; one that did is left without an answer. */
export async function giveRequestUp(client: Transaction, { apiKeyId, key, fence }: RequestClaim): Promise<void> {
  await client.idempotencyKey.deleteMany({ where: { apiKeyId, key, fence, carriedOutAt: null } });
  await client.idempotencyKey.updateMany({ where: { apiKeyId, key, fence }, data: { claimedUntil: new Date() } });
}
