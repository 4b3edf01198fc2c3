import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';

/** A message that is to be signed. */
export interface WebhookMessage {
  /** The same for every attempt. */
  readonly id: string;
  /** When this attempt is made, in seconds. */
  readonly timestamp: number;
  readonly body: string;
}

/**
 * The headers by which a receiver knows that a message is ours, whole and new.
 *
 * @param secrets `whsec_` and base64; a signature by each, so that a receiver may know any of them
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function signWebhook(
  secrets: readonly string[],
  { id, timestamp, body }: WebhookMessage,
): Record<string, string> {
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': signatures.join(' ') };
}
