import type { Prisma, Transaction } from '#database';
import { fromJson, toJson } from '../json.repository.js';
import { numberedId, pageArguments, toPage } from '../paging.js';
import type { Page, PageRequest } from '../records.js';
import type { ReleaseEvent, ReleaseEventKind } from './release.js';

const PREFIX = 'relevent-';
const toNumber = numberedId(PREFIX);

function toEvent(row: Prisma.ReleaseEventGetPayload<object>): ReleaseEvent {
  return {
    ...row,
    id: `${PREFIX}${row.id}`,
    kind: row.kind as ReleaseEventKind,
    evidence: fromJson(row.evidence),
  };
}

/** Records what happened in a release, in the transaction in which it happens. */
export async function insertReleaseEvent(client: Transaction, event: Omit<ReleaseEvent, 'id'>): Promise<ReleaseEvent> {
  const { evidence, ...rest } = event;
  return toEvent(await client.releaseEvent.create({ data: { ...rest, evidence: toJson(evidence) } }));
}

/** Newest first unless `order` is `asc`. */
export async function findReleaseEvents(
  client: Transaction,
  releaseId: string,
  request: PageRequest & { readonly order?: 'asc' | 'desc' | undefined },
): Promise<Page<ReleaseEvent>> {
  const rows = await client.releaseEvent.findMany({
    where: { releaseId },
    orderBy: { id: request.order ?? 'desc' },
    ...pageArguments(request, toNumber),
  });
  return toPage(
    request,
    rows,
    toEvent,
    async (id) => (await client.releaseEvent.count({ where: { id: toNumber(id), releaseId } })) > 0,
  );
}

/** The newest event of a kind, if there is one. */
export async function findLatestEvent(
  client: Transaction,
  releaseId: string,
  kind: ReleaseEventKind,
): Promise<ReleaseEvent | null> {
  const row = await client.releaseEvent.findFirst({ where: { releaseId, kind }, orderBy: { id: 'desc' } });
  return row && toEvent(row);
}
