import type { Database } from '#database';
import { insertAuditEntry } from '../audit/audit.repository.js';
import type { ApiKeyChange } from '../inputs.js';
import type { ApiKey } from '../records.js';
import { updateApiKeyLimits } from './api-key.repository.js';
import { checkLimits } from './check-limits.js';

/**
 * Sets what a key may use, from now on.
 * @throws not_found; invalid_value when a limit is not valid
 */
export async function changeApiKey(database: Database, change: ApiKeyChange): Promise<ApiKey> {
  const { id, limits } = change;
  checkLimits(limits);
  return await database.transaction(async (tx) => {
    const key = await updateApiKeyLimits(tx, id, limits);
    await insertAuditEntry(tx, change, 'api_key.change', id, { limits: { ...limits } });
    return key;
  });
}
