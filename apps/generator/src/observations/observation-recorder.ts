import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Counter } from 'prom-client';
import type { Config } from '#config';
import { ServiceMetrics } from '#observability';
import { Registry } from '#registry';
import type { NewObservation } from '#registry/releases';
import { CONFIG, REPLICA_ID } from '../generator-tokens.js';

/** How long an observation waits at most before it is written, unless a setting says otherwise. */
const FLUSH_MS = 500;
/** Written in one statement. */
const BATCH = 1_000;
/** Beyond this, as when the database is away, new ones are dropped. */
const MOST_WAITING = 10_000;

/** What is recorded; the replica is added here. */
export type Observed = Omit<NewObservation, 'replicaId' | 'at' | 'key'>;

/**
 * Writes what was observed in batches, while requests go on: nothing waits for it, and nothing fails when it does. Requests that
 * differ in nothing but their number become one observation.
 */
@Injectable()
export class ObservationRecorder implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(ObservationRecorder.name);
  readonly #waiting: NewObservation[] = [];
  readonly #requests = new Map<string, Observed & { value: number; durationMs: number }>();
  readonly #recorded: Counter<'metric' | 'arm'>;
  readonly #dropped: Counter;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #number = 0;
  #isFailing = false;

  constructor(
    private readonly registry: Registry,
    @Inject(REPLICA_ID) private readonly replicaId: string,
    { registry: metrics }: ServiceMetrics,
    @Inject(CONFIG) private readonly config: Pick<Config, 'observationFlushMs'> = { observationFlushMs: FLUSH_MS },
  ) {
    this.#recorded = new Counter({
      name: 'understudy_observations_total',
      help: 'Observations of a release, by metric and arm.',
      labelNames: ['metric', 'arm'],
      registers: [metrics],
    });
    this.#dropped = new Counter({
      name: 'understudy_observations_dropped_total',
      help: 'Observations that were not recorded, because too many waited for the database.',
      registers: [metrics],
    });
  }

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => this.#flush(), this.config.observationFlushMs);
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    this.#flush();
    await this.#writing;
  }

  /**
   * Takes an observation; it is written within half a second.
   * @param key what it has in common with others of which only the first counts; without it, it stands for itself
   */
  record(observed: Observed, key?: string): void {
    if (this.#waiting.length >= MOST_WAITING) {
      this.#dropped.inc();
      return;
    }
    this.#recorded.inc({ metric: observed.metric, arm: observed.arm });
    // Its own name, so that a batch that is written again, because nobody knows whether it was, is not counted twice.
    const own = `${this.replicaId}:${(this.#number++).toString(36)}`;
    this.#waiting.push({ ...observed, at: new Date(), replicaId: this.replicaId, key: key ?? own });
  }

  /**
   * Counts a request that was answered.
   * @param durationMs how long it took
   */
  countRequest(request: Pick<Observed, 'releaseId' | 'stageIndex' | 'arm' | 'share'>, durationMs: number): void {
    const { releaseId, stageIndex, arm, share } = request;
    const key = [releaseId, stageIndex, arm, share].join(' ');
    const counted = this.#requests.get(key);
    if (counted !== undefined) {
      counted.value += 1;
      counted.durationMs += durationMs;
    } else {
      this.#requests.set(key, {
        ...request,
        metric: 'requests',
        value: 1,
        tokens: null,
        requestId: null,
        client: null,
        durationMs,
      });
    }
  }

  #flush(): void {
    for (const requests of this.#requests.values()) this.record(requests);
    this.#requests.clear();
    if (this.#waiting.length === 0) return;
    this.#writing = this.#writing.then(() => this.#write());
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, BATCH);
      try {
        await this.registry.releases.recordObservations(batch);
        this.#waiting.splice(0, batch.length);
        this.#isFailing = false;
      } catch (error) {
        // Once, not every half second.
        if (!this.#isFailing)
          this.#logger.warn({ err: error, msg: 'observations cannot be written; they are kept and tried again' });
        this.#isFailing = true;
        return;
      }
    }
  }
}
