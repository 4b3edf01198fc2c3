import type { Registry } from '#registry';
import { unixSeconds } from '../unix-seconds.js';
import { about, arrayOf, FIELD, nullable, objectSchema, oneOf } from './admin-docs.js';
import { WEBHOOK_EVENTS } from './webhook.dto.js';

const WEBHOOK_FIELDS = {
  id: FIELD.text,
  url: FIELD.text,
  events: arrayOf(oneOf(WEBHOOK_EVENTS)),
  description: FIELD.text,
  created_at: FIELD.time,
  created_by: FIELD.text,
  previous_secret_until: nullable(
    about(FIELD.time, 'Until when events are signed with the secret before, too. Unix time in seconds.'),
  ),
};

/** A webhook without its secret. */
export const WEBHOOK = objectSchema('webhook', WEBHOOK_FIELDS);

/** The answer that shows the secret. */
export const NEW_WEBHOOK = objectSchema('webhook', {
  ...WEBHOOK_FIELDS,
  secret: about(FIELD.text, 'What events are signed with, as Standard Webhooks has it. Shown here and nowhere else.'),
});

/** An event for a webhook. */
export const WEBHOOK_DELIVERY = objectSchema('webhook_delivery', {
  id: FIELD.text,
  webhook: FIELD.text,
  event: about(FIELD.text, 'The header webhook-id: the same for every webhook and every attempt.'),
  type: FIELD.text,
  state: oneOf(['pending', 'delivered', 'dead']),
  attempts: FIELD.count,
  next_attempt_at: nullable(FIELD.time),
  last_status: nullable(FIELD.count),
  last_error: nullable(FIELD.text),
  created_at: FIELD.time,
  finished_at: nullable(FIELD.time),
  payload: FIELD.anything,
});

type Webhook = Awaited<ReturnType<Registry['webhooks']['get']>>;
type Delivery = Awaited<ReturnType<Registry['webhooks']['listDeliveries']>>['items'][number];

export function webhookObject(webhook: Webhook): object {
  return {
    object: 'webhook',
    id: webhook.id,
    url: webhook.url,
    events: webhook.events,
    description: webhook.description,
    created_at: unixSeconds(webhook.createdAt),
    created_by: webhook.createdBy,
    previous_secret_until: webhook.previousSecretUntil === null ? null : unixSeconds(webhook.previousSecretUntil),
  };
}

export function deliveryObject(delivery: Delivery): object {
  return {
    object: 'webhook_delivery',
    id: delivery.id,
    webhook: delivery.webhookId,
    event: delivery.eventId,
    type: delivery.type,
    state: delivery.state,
    attempts: delivery.attempts,
    next_attempt_at: delivery.state === 'pending' ? unixSeconds(delivery.nextAttemptAt) : null,
    last_status: delivery.lastStatus,
    last_error: delivery.lastError,
    created_at: unixSeconds(delivery.createdAt),
    finished_at: delivery.finishedAt === null ? null : unixSeconds(delivery.finishedAt),
    payload: delivery.payload,
  };
}
