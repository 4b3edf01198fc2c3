import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Counter } from 'prom-client';
import type { Config } from '#config';
import { ServiceMetrics } from '#observability';
import { Traffic, type CompletionRecord } from '#registry/traffic';
import { CONFIG, REPLICA_ID } from '../generator-tokens.js';

const FLUSH_MS = 1_000;
/** Beyond this, as when the database is away, new ones are not kept. */
const MOST_WAITING = 5_000;
const PRUNE_MS = 60_000;
const PRUNE_BATCH = 5_000;
const HOUR_MS = 3_600_000;

/** Remembers for a while which version wrote which completion, at most so many per second, in batches that nothing waits for. */
@Injectable()
export class CompletionRecorder implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(CompletionRecorder.name);
  readonly #waiting: CompletionRecord[] = [];
  readonly #left: Counter;
  #room = 0;
  #timer: NodeJS.Timeout | undefined;
  #prunedAtMs = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly traffic: Traffic,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(REPLICA_ID) private readonly replicaId: string,
    { registry }: ServiceMetrics,
  ) {
    this.#room = config.completionRecordsPerSecond;
    this.#left = new Counter({
      name: 'understudy_completion_records_left_out_total',
      help: 'Completions of which nobody can look up the version, because there were more than COMPLETION_RECORDS_PER_SECOND.',
      registers: [registry],
    });
  }

  onApplicationBootstrap(): void {
    if (this.config.completionRecordHours === 0) return;
    this.#timer = setInterval(() => this.#flush(), FLUSH_MS);
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    this.#flush();
    await this.#writing;
  }

  /** Takes note of a completion that has ended; never throws and never waits. */
  record(record: Omit<CompletionRecord, 'at' | 'replicaId' | 'deployment'>): void {
    if (this.config.completionRecordHours === 0) return;
    if (this.#room <= 0 || this.#waiting.length >= MOST_WAITING) {
      this.#left.inc();
      return;
    }
    this.#room -= 1;
    this.#waiting.push({ ...record, at: new Date(), replicaId: this.replicaId, deployment: this.config.deployment });
  }

  #flush(): void {
    this.#room = this.config.completionRecordsPerSecond;
    this.#writing = this.#writing.then(() => this.#write());
  }

  async #write(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const batch = this.#waiting.slice(0, 1_000);
        await this.traffic.recordCompletions(batch);
        this.#waiting.splice(0, batch.length);
      }
      if (Date.now() - this.#prunedAtMs < PRUNE_MS || this.config.completionRecordHours === 0) return;
      this.#prunedAtMs = Date.now();
      const before = new Date(Date.now() - this.config.completionRecordHours * HOUR_MS);
      while ((await this.traffic.pruneCompletions(before, PRUNE_BATCH)) === PRUNE_BATCH);
    } catch (error) {
      this.#logger.warn({ err: error, msg: 'records of completions cannot be written; they are kept and tried again' });
    }
  }
}
