import { timingSafeEqual } from 'node:crypto';
import type { Database } from '#database';
import type { ApiKeyLimits, ApiScope } from '../records.js';
import { findApiKeyByHash, touchApiKey } from './api-key.repository.js';
import { hashKey, KEY_PREFIX } from './create-api-key.js';

const TOUCH_INTERVAL_MS = 60_000;

/** Who a key belongs to and what it may be used for. */
export interface VerifiedApiKey {
  readonly id: string;
  readonly name: string;
  /** `admin` is written out: a key with it has all three. */
  readonly scopes: readonly ApiScope[];
  readonly limits: ApiKeyLimits;
}

/** Whom a key belongs to, or `null` when it does not exist or was revoked. The time of use is stored later, in the background. */
export async function verifyApiKey(database: Database, key: string): Promise<VerifiedApiKey | null> {
  if (!key.startsWith(KEY_PREFIX)) return null;
  const hash = hashKey(key);
  const found = await database.query((client) => findApiKeyByHash(client, hash));
  // The index has compared the hashes already; this comparison takes the same time wherever they differ.
  if (found === null || !timingSafeEqual(Buffer.from(found.hash), Buffer.from(hash))) return null;
  if (found.lastUsedAt === null || Date.now() - found.lastUsedAt.getTime() > TOUCH_INTERVAL_MS) {
    // A request must neither wait for it nor fail with it.
    database.query((client) => touchApiKey(client, found.id)).catch(() => undefined);
  }
  const scopes: readonly ApiScope[] = found.scopes.includes('admin')
    ? ['completions', 'training', 'admin']
    : found.scopes;
  return { id: found.id, name: found.name, scopes, limits: found.limits };
}
