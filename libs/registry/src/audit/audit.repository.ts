import type { Prisma, Transaction } from '#database';
import { markCarriedOut } from '../idempotency/idempotency-key.repository.js';
import type { Actor } from '../inputs.js';
import { fromJson, toJson } from '../json.repository.js';
import { numberedId, pageArguments, toPage } from '../paging.js';
import type { AuditEntry, JsonObject, Page, PageRequest } from '../records.js';

const PREFIX = 'audit-';
const toNumber = numberedId(PREFIX);

function toAuditEntry(row: Prisma.AuditEntryGetPayload<object>): AuditEntry {
  return { ...row, id: `${PREFIX}${row.id}`, data: fromJson(row.data) };
}

/**
 * Records what was done to `subject`, in the transaction that does it; and that the request was carried out, where it is one
 * that may come again.
 *
 * @returns the id of the entry
 * @throws conflict when such a request was begun anew meanwhile
 */
export async function insertAuditEntry(
  client: Transaction,
  { actor, reason, requestId, claim }: Actor,
  action: string,
  subject: string,
  data: JsonObject,
): Promise<string> {
  if (claim) await markCarriedOut(client, claim);
  const { id } = await client.auditEntry.create({
    data: { actor, reason: reason ?? null, requestId: requestId ?? null, action, subject, data: toJson(data) },
  });
  return `${PREFIX}${id}`;
}

/** Which entries are wanted. */
export interface AuditQuery extends PageRequest {
  /** Only those about this object. */
  readonly subject?: string | undefined;
  /** Only what begins with this, such as `deployment.` or `deployment.promote`. */
  readonly action?: string | undefined;
  /** Only of whom these letters are in the name. */
  readonly actor?: string | undefined;
}

export async function findAuditEntries(client: Transaction, request: AuditQuery): Promise<Page<AuditEntry>> {
  const { subject, action, actor } = request;
  const rows = await client.auditEntry.findMany({
    where: {
      ...(subject !== undefined && { subject }),
      ...(action !== undefined && { action: { startsWith: action } }),
      ...(actor !== undefined && { actor: { contains: actor, mode: 'insensitive' } }),
    },
    orderBy: { id: 'desc' },
    ...pageArguments(request, toNumber),
  });
  return toPage(
    request,
    rows,
    toAuditEntry,
    async (id) => (await client.auditEntry.count({ where: { id: toNumber(id) } })) > 0,
  );
}
