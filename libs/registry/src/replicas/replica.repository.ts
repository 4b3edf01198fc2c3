import type { Transaction } from '#database';
import { readClock } from '../clock.repository.js';
import type { ReplicaReport } from '../inputs.js';
import { pageArguments, sameId, toPage } from '../paging.js';
import type { Page, PageRequest, Replica } from '../records.js';

/** Stores what a replica says about itself, with the time of the database: clocks of replicas differ. */
export async function upsertReplica(client: Transaction, report: ReplicaReport): Promise<void> {
  const { id, host, pid, port, deployment, versionId, loadedVersionIds, problem, ready } = report;
  await client.$executeRaw`
    INSERT INTO "replicas" ("id", "host", "pid", "port", "deployment", "version_id", "loaded_version_ids", "problem", "ready", "reported_at")
    VALUES (${id}, ${host}, ${pid}, ${port}, ${deployment}, ${versionId}, ${loadedVersionIds}, ${problem}, ${ready}, clock_timestamp())
    ON CONFLICT ("id") DO UPDATE SET ("host", "pid", "port", "deployment", "version_id", "loaded_version_ids", "problem", "ready", "reported_at")
      = (EXCLUDED."host", EXCLUDED."pid", EXCLUDED."port", EXCLUDED."deployment", EXCLUDED."version_id",
         EXCLUDED."loaded_version_ids", EXCLUDED."problem", EXCLUDED."ready", EXCLUDED."reported_at")`;
}

export async function deleteReplica(client: Transaction, id: string): Promise<void> {
  await client.replica.deleteMany({ where: { id } });
}

/** Forgets replicas that were killed and have said nothing for an hour. */
export async function deleteLostReplicas(client: Transaction): Promise<void> {
  await client.$executeRaw`DELETE FROM "replicas" WHERE "reported_at" < now() - interval '1 hour'`;
}

export async function findReplicas(client: Transaction, request: PageRequest): Promise<Page<Replica>> {
  const rows = await client.replica.findMany({ orderBy: { id: 'asc' }, ...pageArguments(request, sameId) });
  const nowMs = (await readClock(client)).getTime();
  return toPage(
    request,
    rows,
    (row) => ({ ...row, silentMs: nowMs - row.reportedAt.getTime() }),
    async (id) => (await client.replica.count({ where: { id } })) > 0,
  );
}
