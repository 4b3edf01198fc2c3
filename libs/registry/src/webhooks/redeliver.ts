import type { Database } from '#database';
import { CodedError } from '#errors';
import { insertAuditEntry } from '../audit/audit.repository.js';
import type { Actor } from '../inputs.js';
import type { WebhookDelivery } from './webhook.js';
import { findDelivery, reviveDelivery } from './webhook-delivery.repository.js';

/** Sends a dead letter again, from the first attempt on. @throws not_found; conflict when it is not dead */
export function redeliver(database: Database, id: string, actor: Actor): Promise<WebhookDelivery> {
  return database.transaction(async (tx) => {
    const { state } = await findDelivery(tx, id);
    if (!(await reviveDelivery(tx, id))) {
      throw new CodedError('conflict', `The delivery ${id} is ${state}; only a dead one can be sent again.`);
    }
    await insertAuditEntry(tx, actor, 'webhook_delivery.redeliver', id, {});
    return findDelivery(tx, id);
  });
}
