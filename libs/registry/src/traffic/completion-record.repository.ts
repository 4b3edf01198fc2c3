import type { Transaction } from '#database';
import type { CompletionRecord } from './traffic-slice.js';

/**
 * Writes a batch as one parameter, so that neither the statement nor what is made of it grows with the batch: row by row, as
 * `createMany` does it, 300 records kept the event loop for some 50 ms.
 */
export async function insertCompletionRecords(
  client: Transaction,
  records: readonly CompletionRecord[],
): Promise<void> {
  // A batch that is written again, because nobody knows whether it was, changes nothing.
  await client.$executeRaw`
    INSERT INTO "completion_records" ("id", "request_id", "at", "replica_id", "deployment", "model", "version_id", "arm",
      "release_id", "key_id", "outcome", "prompt_tokens", "completion_tokens", "total_ms")
    SELECT * FROM json_to_recordset(${JSON.stringify(records)}::json) AS r("id" text, "requestId" text, "at" timestamptz,
      "replicaId" text, "deployment" text, "model" text, "versionId" text, "arm" text, "releaseId" text, "keyId" text,
      "outcome" text, "promptTokens" int, "completionTokens" int, "totalMs" float8)
    ON CONFLICT DO NOTHING`;
}

/** By the id of the completion or of its request, which a client may have used more than once: the newest first. */
export async function findCompletionRecords(
  client: Transaction,
  id: string,
  limit: number,
): Promise<readonly CompletionRecord[]> {
  return await client.completionRecord.findMany({
    where: { OR: [{ id }, { requestId: id }] },
    orderBy: { at: 'desc' },
    take: limit,
  });
}

/** @returns how many were removed */
export async function deleteOldCompletionRecords(client: Transaction, before: Date, limit: number): Promise<number> {
  return await client.$executeRaw`
    DELETE FROM "completion_records" WHERE "id" IN (
      SELECT "id" FROM "completion_records" WHERE "at" < ${before} ORDER BY "at" LIMIT ${limit}
      FOR UPDATE SKIP LOCKED)`;
}
