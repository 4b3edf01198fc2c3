import type { Database } from '#database';
import { insertAuditEntry } from '../audit/audit.repository.js';
import type { Actor } from '../inputs.js';
import { markApiKeyRevoked } from './api-key.repository.js';

/** Makes a key invalid from now on; again changes nothing. @throws not_found */
export function revokeApiKey(database: Database, id: string, actor: Actor): Promise<void> {
  return database.transaction(async (tx) => {
    if (await markApiKeyRevoked(tx, id)) await insertAuditEntry(tx, actor, 'api_key.revoke', id, {});
  });
}
