import type { Database } from '#database';
import type { Actor } from '../inputs.js';
import type { Page, PageRequest } from '../records.js';
import { createWebhook } from './create-webhook.js';
import { deleteWebhook } from './delete-webhook.js';
import { sendTestEvent } from './enqueue-webhook-event.js';
import { redeliver } from './redeliver.js';
import { rotateSecret } from './rotate-secret.js';
import { settleDelivery } from './settle-delivery.js';
import type {
  ClaimedDelivery,
  DeliveryReport,
  NewWebhook,
  Webhook,
  WebhookDelivery,
  WebhookDeliveryState,
} from './webhook.js';
import { findWebhook, findWebhooks } from './webhook.repository.js';
import {
  findDeliveries,
  returnDelivery,
  takeDueDeliveries,
  type DeliveryQuery,
} from './webhook-delivery.repository.js';

/** Webhooks and what is sent to them: one use case per method, in one transaction each. */
export class Webhooks {
  readonly #database: Database;

  /** @param database opened, migrated and closed by the caller */
  constructor(database: Database) {
    this.#database = database;
  }

  create(webhook: NewWebhook): Promise<{ readonly webhook: Webhook; readonly secret: string }> {
    return createWebhook(this.#database, webhook);
  }

  list(page: PageRequest = {}): Promise<Page<Webhook>> {
    return this.#database.query((client) => findWebhooks(client, page));
  }

  /** @throws not_found */
  get(id: string): Promise<Webhook> {
    return this.#database.query((client) => findWebhook(client, id));
  }

  rotateSecret(
    id: string,
    overlapSeconds: number,
    actor: Actor,
  ): Promise<{ readonly webhook: Webhook; readonly secret: string }> {
    return rotateSecret(this.#database, id, overlapSeconds, actor);
  }

  delete(id: string, actor: Actor): Promise<Webhook> {
    return deleteWebhook(this.#database, id, actor);
  }

  sendTest(id: string, actor: Actor): Promise<WebhookDelivery> {
    return sendTestEvent(this.#database, id, actor);
  }

  listDeliveries(query: DeliveryQuery = {}): Promise<Page<WebhookDelivery>> {
    return this.#database.query((client) => findDeliveries(client, query));
  }

  redeliver(id: string, actor: Actor): Promise<WebhookDelivery> {
    return redeliver(this.#database, id, actor);
  }

  /** Takes up to `limit` deliveries that are due; nobody else sends them for `holdMs`. */
  takeDue(limit: number, holdMs: number): Promise<readonly ClaimedDelivery[]> {
    return this.#database.query((client) => takeDueDeliveries(client, limit, holdMs));
  }

  settle(
    delivery: Pick<ClaimedDelivery, 'id' | 'webhookId' | 'attempts'>,
    report: DeliveryReport,
  ): Promise<WebhookDeliveryState | null> {
    return settleDelivery(this.#database, delivery, report);
  }

  /** Gives a delivery back that was not sent after all. */
  giveBack(delivery: Pick<ClaimedDelivery, 'id' | 'attempts'>): Promise<void> {
    return this.#database.query((client) => returnDelivery(client, delivery));
  }
}
