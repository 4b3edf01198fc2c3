import type { Transaction } from '#database';
import type { ReplicaReport } from '../inputs.js';
import { pageArguments, sameId, toPage } from '../paging.js';
import type { Page, PageRequest, Replica } from '../records.js';

/** Stores what a replica says about itself, and forgets those that were killed and have said nothing for an hour. */
export async function upsertReplica(client: Transaction, { id, ...report }: ReplicaReport): Promise<void> {
  const data = { ...report, loadedVersionIds: [...report.loadedVersionIds], reportedAt: new Date() };
  await client.replica.upsert({ where: { id }, create: { id, ...data }, update: data });
  await client.$executeRaw`DELETE FROM "replicas" WHERE "reported_at" < now() - interval '1 hour' AND "id" <> ${id}`;
}

export async function deleteReplica(client: Transaction, id: string): Promise<void> {
  await client.replica.deleteMany({ where: { id } });
}

export async function findReplicas(client: Transaction, request: PageRequest): Promise<Page<Replica>> {
  const rows = await client.replica.findMany({ orderBy: { id: 'asc' }, ...pageArguments(request, sameId) });
  return toPage(
    request,
    rows,
    (row) => row,
    async (id) => (await client.replica.count({ where: { id } })) > 0,
  );
}
