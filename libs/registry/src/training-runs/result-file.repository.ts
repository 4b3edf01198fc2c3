import type { Transaction } from '#database';

/** Makes a file the one of what a run measured. */
export async function setResultFile(client: Transaction, runId: string, fileId: string): Promise<void> {
  await client.trainingRun.update({ where: { id: runId }, data: { resultFileId: fileId } });
}

/** The ids of runs that have ended, have measured something and have no file of it; longest ended first. */
export async function findRunsWithoutResults(client: Transaction, limit: number): Promise<string[]> {
  const rows = await client.$queryRaw<{ id: string }[]>`
    SELECT "id" FROM "training_runs" r
    WHERE "finished_at" IS NOT NULL AND "result_file_id" IS NULL AND EXISTS (
      SELECT 1 FROM "run_events" e WHERE e."training_run_id" = r."id" AND e."type" = 'metrics')
    ORDER BY "finished_at" LIMIT ${limit}`;
  return rows.map(({ id }) => id);
}
