import type { Database, Transaction } from '#database';
import { insertAuditEntry } from '../audit/audit.repository.js';
import type { Actor } from '../inputs.js';
import { randomId } from '../random-id.js';
import type { JsonObject } from '../records.js';
import type { WebhookDelivery, WebhookEventType } from './webhook.js';
import { findWebhook } from './webhook.repository.js';
import { insertDeliveries, insertDelivery } from './webhook-delivery.repository.js';

/**
 * Tells webhooks of what the transaction does, if it is committed: writes a row per webhook, which any generator sends. The
 * body is `{id, type, timestamp, data}`, as Standard Webhooks has it.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export async function enqueueWebhookEvent(tx: Transaction, type: WebhookEventType, data: JsonObject): Promise<void> {
  await insertDeliveries(tx, newEvent(type, data));
}

/** Sends one webhook an event that tells of nothing, so that a person sees whether it arrives. @throws not_found */
export function sendTestEvent(database: Database, webhookId: string, actor: Actor): Promise<WebhookDelivery> {
  return database.transaction(async (tx) => {
    await findWebhook(tx, webhookId);
    const delivery = await insertDelivery(tx, webhookId, newEvent('webhook.test', {}));
    await insertAuditEntry(tx, actor, 'webhook.test', webhookId, { delivery: delivery.id });
    return delivery;
  });
}

function newEvent<Type extends string>(
  type: Type,
  data: JsonObject,
): { readonly eventId: string; readonly type: Type; readonly payload: JsonObject } {
  const eventId = `evt-${randomId()}`;
  return { eventId, type, payload: { id: eventId, type, timestamp: new Date().toISOString(), data } };
}
