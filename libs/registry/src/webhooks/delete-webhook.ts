import type { Database } from '#database';
import { insertAuditEntry } from '../audit/audit.repository.js';
import type { Actor } from '../inputs.js';
import type { Webhook } from './webhook.js';
import { deleteWebhookRow, findWebhook } from './webhook.repository.js';

/** Takes a webhook away, with what was still to be sent to it. @throws not_found */
export function deleteWebhook(database: Database, id: string, actor: Actor): Promise<Webhook> {
  return database.transaction(async (tx) => {
    const webhook = await findWebhook(tx, id);
    await deleteWebhookRow(tx, id);
    await insertAuditEntry(tx, actor, 'webhook.delete', id, { url: webhook.url });
    return webhook;
  });
}
