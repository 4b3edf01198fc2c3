import type { Transaction } from '#database';
import type { CompletionRecord } from './traffic-slice.js';

export async function insertCompletionRecords(
  client: Transaction,
  records: readonly CompletionRecord[],
): Promise<void> {
  // A batch that is written again, because nobody knows whether it was, changes nothing.
  await client.completionRecord.createMany({ data: [...records], skipDuplicates: true });
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
