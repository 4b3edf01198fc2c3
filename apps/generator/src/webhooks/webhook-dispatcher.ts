import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Counter } from 'prom-client';
import type { Config } from '#config';
import { ServiceMetrics } from '#observability';
import { Registry } from '#registry';
import { CONFIG } from '../generator-tokens.js';
import { unixSeconds } from '../unix-seconds.js';
import { sendWebhook } from './send-webhook.js';
import { signWebhook } from './sign-webhook.js';

type Delivery = Awaited<ReturnType<Registry['webhooks']['takeDue']>>[number];

/** A query that finds nothing costs next to nothing. */
const LOOK_EVERY_MS = 1_000;
const MAX_AT_ONCE = 16;
const SEND_TIMEOUT_MS = 10_000;
/** Longer than sending can take: only a delivery whose process is dead is taken by another one. */
const HOLD_MS = 60_000;
const USER_AGENT = 'Understudy-Webhook/1';

/**
 * Sends what is in the outbox of webhooks. Every generator looks; the rows that one has taken are passed over by the others,
 * so that each is sent once as long as nobody dies between sending and writing that down.
 */
@Injectable()
export class WebhookDispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger(WebhookDispatcher.name);
  readonly #stopping = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  readonly #attempts: Counter<'outcome'>;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(
    private readonly registry: Registry,
    metrics: ServiceMetrics,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.#attempts = new Counter({
      name: 'understudy_webhook_attempts_total',
      help: 'Attempts to deliver an event to a webhook: delivered, failed (tried again later) or dead (given up).',
      labelNames: ['outcome'],
      registers: [metrics.registry],
    });
  }

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  /** What is being sent is given back; the next generator sends it. */
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping.abort();
    await this.#looking;
    await Promise.all(this.#underWay);
  }

  #look(): void {
    this.#looking ??= this.#takeDue()
      .catch((error: unknown) => this.#logger.warn({ err: error, msg: 'could not look for webhooks to send' }))
      .finally(() => (this.#looking = undefined));
  }

  async #takeDue(): Promise<void> {
    const free = MAX_AT_ONCE - this.#underWay.size;
    if (free === 0) return;
    for (const delivery of await this.registry.webhooks.takeDue(free, HOLD_MS)) {
      const sending = this.#deliver(delivery)
        .catch((error: unknown) =>
          this.#logger.warn({ err: error, delivery: delivery.id, msg: 'could not send a webhook' }),
        )
        .finally(() => this.#underWay.delete(sending));
      this.#underWay.add(sending);
    }
  }

  async #deliver(delivery: Delivery): Promise<void> {
    const { signal } = this.#stopping;
    const { eventId, url, secrets, payload } = delivery;
    const body = JSON.stringify(payload);
    const headers = {
      ...signWebhook(secrets, { id: eventId, timestamp: unixSeconds(new Date()), body }),
      'user-agent': USER_AGENT,
    };
    const options = { allowPrivate: this.config.webhookPrivateAddresses, timeoutMs: SEND_TIMEOUT_MS, signal };
    const result = await sendWebhook({ url, headers, body }, options).catch((error: unknown) => {
      if (signal.aborted) return null;
      throw error;
    });
    if (result === null) await this.registry.webhooks.giveBack(delivery);
    else this.#tell(delivery, result.error, await this.registry.webhooks.settle(delivery, result));
  }

  #tell({ id, webhookId, type, attempts }: Delivery, error: string | null, state: string | null): void {
    const outcome = state === 'pending' ? 'failed' : (state ?? 'late');
    this.#attempts.inc({ outcome });
    const line = { delivery: id, webhook: webhookId, type, attempts, reason: error, msg: `webhook ${outcome}` };
    if (state === 'dead') this.#logger.error(line);
    else if (state === 'pending') this.#logger.warn(line);
  }
}
