import type { Database } from '#database';
import { insertAuditEntry } from '../audit/audit.repository.js';
import type { Actor } from '../inputs.js';
import { newSecret } from './new-secret.js';
import type { Webhook } from './webhook.js';
import { findWebhook, replaceSecret } from './webhook.repository.js';

/**
 * Gives a webhook another secret. Its receiver learns it from the answer; until it has, what is signed with the secret before goes on
 * being accepted, because every event carries both signatures for a while.
 *
 * @param overlapSeconds for how long; 0: the secret before is worth nothing from now on
 * @throws not_found
 */
export function rotateSecret(
  database: Database,
  id: string,
  overlapSeconds: number,
  actor: Actor,
): Promise<{ readonly webhook: Webhook; readonly secret: string }> {
  return database.transaction(async (tx) => {
    const secret = newSecret();
    await replaceSecret(tx, id, secret, overlapSeconds);
    const webhook = await findWebhook(tx, id);
    await insertAuditEntry(tx, actor, 'webhook.rotate_secret', id, { overlapSeconds });
    return { webhook, secret };
  });
}
