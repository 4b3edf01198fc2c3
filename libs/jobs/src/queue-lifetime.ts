import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisQueueBackend } from 'bullmq';

const POLL_MS = 50;

type RedisClient = Awaited<RedisQueueBackend['client']>;

/**
 * Lets a process end although its Redis is away. A connection that is between two attempts cannot be closed: it would wait for
 * an end that nobody announces. So first every one of them either stands or has given up.
 */
export class QueueLifetime {
  #isEnding = false;
  readonly #clients: RedisClient[] = [];

  /** Whether a connection that was lost shall not be made again. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  watch(backend: RedisQueueBackend): void {
    for (const connected of [backend.client, backend.blockingClient]) {
      connected?.then(
        (client) => this.#clients.push(client),
        // Never connected: what waited for it has ended, too.
        () => undefined,
      );
    }
  }

  /** To be called before workers and queues are closed. */
  async end(): Promise<void> {
    this.#isEnding = true;
    while (this.#clients.some(({ status }) => status !== 'ready' && status !== 'end')) await sleep(POLL_MS);
  }
}
