import type { Database } from '#database';
import { retryWaitMs } from './delivery-schedule.js';
import type { ClaimedDelivery, DeliveryReport, WebhookDeliveryState } from './webhook.js';
import { deleteOldDeliveries, updateDelivery } from './webhook-delivery.repository.js';

/**
 * Writes down what came of an attempt: delivered, to be tried again later, or dead after the last one. A report that comes
 * after another process has taken the delivery changes nothing.
 *
 * @returns where the delivery stands now; null when it is not the caller's any more
 */
export function settleDelivery(
  database: Database,
  delivery: Pick<ClaimedDelivery, 'id' | 'webhookId' | 'attempts'>,
  { status, error, isFinal = false }: DeliveryReport,
): Promise<WebhookDeliveryState | null> {
  const waitMs = error === null || isFinal ? null : retryWaitMs(delivery.attempts);
  const state = error === null ? 'delivered' : waitMs === null ? 'dead' : 'pending';
  return database.transaction(async (tx) => {
    const change = { state, lastStatus: status, lastError: error, waitMs: waitMs ?? 0 } as const;
    const isOurs = await updateDelivery(tx, delivery, change);
    await deleteOldDeliveries(tx, delivery.webhookId);
    return isOurs ? state : null;
  });
}
