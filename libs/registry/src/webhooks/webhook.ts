import type { Actor } from '../inputs.js';
import type { JsonObject } from '../records.js';

/** What webhooks are told of. */
export const WEBHOOK_EVENTS = [
  'release.opened',
  'release.promoted',
  'release.rolled_back',
  'release.held',
  'guard.alarm',
] as const;

/** A kind of event that webhooks are told of. */
export type WebhookEventType = (typeof WEBHOOK_EVENTS)[number];

/** An address that is told of releases. Its secret is shown once, when it is made. */
export interface Webhook {
  readonly id: string;
  readonly url: string;
  readonly events: readonly WebhookEventType[];
  /** What people call it. */
  readonly description: string;
  readonly createdBy: string;
  readonly createdAt: Date;
  /** Until when events are signed with the secret before, too; null where there is none. */
  readonly previousSecretUntil: Date | null;
}

/** A webhook to be made. */
export interface NewWebhook extends Actor {
  /** http or https. */
  readonly url: string;
  /** Every kind when left out. */
  readonly events?: readonly WebhookEventType[] | null;
  readonly description?: string | null;
}

/** Where a delivery stands: `dead` ones are tried no more until a person says so. */
export type WebhookDeliveryState = 'pending' | 'delivered' | 'dead';

/** An event for a webhook. */
export interface WebhookDelivery {
  /** `whd-` and a number. */
  readonly id: string;
  readonly webhookId: string;
  /** The same for every webhook and every attempt. */
  readonly eventId: string;
  readonly type: string;
  /** The body that is posted. */
  readonly payload: JsonObject;
  readonly state: WebhookDeliveryState;
  readonly attempts: number;
  /** When it may be sent next; means nothing for one that is finished. */
  readonly nextAttemptAt: Date;
  /** HTTP status of the last answer, if there was one. */
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

/** A delivery that its holder is to send now. */
export interface ClaimedDelivery {
  readonly id: string;
  readonly webhookId: string;
  readonly eventId: string;
  readonly type: string;
  readonly payload: JsonObject;
  /** This attempt, counted from 1; a report about an older one changes nothing. */
  readonly attempts: number;
  readonly url: string;
  /** What it is signed with: the secret, and for a while the one before. */
  readonly secrets: readonly string[];
}

/** What came of an attempt. */
export interface DeliveryReport {
  /** HTTP status of the answer, if there was one. */
  readonly status: number | null;
  /** null when it was delivered. */
  readonly error: string | null;
  /** Whether the receiver wants nothing more of it (410): it is not tried again. */
  readonly isFinal?: boolean;
}
