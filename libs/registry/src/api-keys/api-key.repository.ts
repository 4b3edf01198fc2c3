import type { Prisma, Transaction } from '#database';
import { CodedError } from '#errors';
import { pageArguments, sameId, toPage } from '../paging.js';
import type { ApiKey, ApiKeyLimits, ApiScope, Page, PageRequest } from '../records.js';

type ApiKeyRow = Prisma.ApiKeyGetPayload<object>;

function toApiKey(row: ApiKeyRow): ApiKey {
  const { hash: _, requestsPerMinute, tokensPerMinute, concurrentRequests, ...key } = row;
  const limits = { requestsPerMinute, tokensPerMinute, concurrentRequests };
  return { ...key, scopes: key.scopes as ApiScope[], limits };
}

export async function insertApiKey(
  client: Transaction,
  {
    limits,
    ...key
  }: Pick<ApiKey, 'id' | 'name' | 'prefix' | 'scopes' | 'createdBy'> & {
    readonly hash: string;
    readonly limits: Partial<ApiKeyLimits>;
  },
): Promise<void> {
  await client.apiKey.create({ data: { ...key, ...limits, scopes: [...key.scopes] } });
}

/** @throws not_found */
export async function updateApiKeyLimits(
  client: Transaction,
  id: string,
  limits: Partial<ApiKeyLimits>,
): Promise<ApiKey> {
  const [row] = await client.apiKey.updateManyAndReturn({ where: { id }, data: limits });
  if (row === undefined) throw noSuchKey(id);
  return toApiKey(row);
}

/** A key that is not revoked, with its hash. */
export async function findApiKeyByHash(
  client: Transaction,
  hash: string,
): Promise<(ApiKey & { readonly hash: string }) | null> {
  const row = await client.apiKey.findFirst({ where: { hash, revokedAt: null } });
  return row && { ...toApiKey(row), hash: row.hash };
}

/** Whether a key has this hash, revoked ones included. */
export async function isKnownHash(client: Transaction, hash: string): Promise<boolean> {
  return (await client.apiKey.count({ where: { hash } })) > 0;
}

export async function findApiKeys(client: Transaction, request: PageRequest): Promise<Page<ApiKey>> {
  const rows = await client.apiKey.findMany({
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    ...pageArguments(request, sameId),
  });
  return toPage(request, rows, toApiKey, async (id) => (await client.apiKey.count({ where: { id } })) > 0);
}

/** Marks a key as used now, at most once a minute however many requests come together. */
export async function touchApiKey(client: Transaction, id: string): Promise<void> {
  await client.$executeRaw`
    UPDATE "api_keys" SET "last_used_at" = now()
    WHERE "id" = ${id} AND ("last_used_at" IS NULL OR "last_used_at" < now() - interval '1 minute')`;
}

/** Whether the key was valid until now. @throws not_found */
export async function markApiKeyRevoked(client: Transaction, id: string): Promise<boolean> {
  const { count } = await client.apiKey.updateMany({ where: { id, revokedAt: null }, data: { revokedAt: new Date() } });
  if (count === 0 && (await client.apiKey.count({ where: { id } })) === 0) throw noSuchKey(id);
  return count > 0;
}

function noSuchKey(id: string): CodedError {
  return new CodedError('not_found', `No API key has the id ${JSON.stringify(id)}.`);
}
