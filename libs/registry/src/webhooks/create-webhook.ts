import type { Database } from '#database';
import { CodedError } from '#errors';
import { insertAuditEntry } from '../audit/audit.repository.js';
import { randomId } from '../random-id.js';
import { WEBHOOK_EVENTS, type NewWebhook, type Webhook, type WebhookEventType } from './webhook.js';
import { insertWebhook } from './webhook.repository.js';
import { newSecret } from './new-secret.js';

const MAXIMUM_URL = 2048;
const MAXIMUM_DESCRIPTION = 200;

/**
 * Makes a webhook. Its secret is in the answer and shown by nothing else; it is stored as it is, because every event is
 * signed with it.
 *
 * @throws invalid_value
 */
export async function createWebhook(
  database: Database,
  input: NewWebhook,
): Promise<{ readonly webhook: Webhook; readonly secret: string }> {
  const { url } = input;
  const description = input.description ?? '';
  const events = [...new Set(input.events ?? WEBHOOK_EVENTS)];
  checkUrl(url);
  checkEvents(events);
  if (description.length > MAXIMUM_DESCRIPTION) {
    throw invalid(
      'description',
      `description must have at most ${MAXIMUM_DESCRIPTION} characters; got ${description.length}.`,
    );
  }
  const id = `wh-${randomId()}`;
  const secret = newSecret();
  const webhook = await database.transaction(async (tx) => {
    const created = await insertWebhook(tx, { id, url, events, description, secret, createdBy: input.actor });
    await insertAuditEntry(tx, input, 'webhook.create', id, { url, events });
    return created;
  });
  return { webhook, secret };
}

function checkUrl(text: string): void {
  const url = text.length <= MAXIMUM_URL && URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw invalid('url', `url must be an address of http or https with at most ${MAXIMUM_URL} characters.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw invalid('url', 'url must be without a user name or password; check the signature of what arrives instead.');
  }
}

function checkEvents(events: readonly WebhookEventType[]): void {
  if (events.length > 0 && events.every((event) => WEBHOOK_EVENTS.includes(event))) return;
  throw invalid(
    'events',
    `events must be one or more of ${WEBHOOK_EVENTS.join(', ')}; got ${JSON.stringify(events).slice(0, 80)}.`,
  );
}

function invalid(param: string, message: string): CodedError {
  return new CodedError('invalid_value', message, { param });
}
