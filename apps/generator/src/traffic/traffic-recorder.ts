import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Config } from '#config';
import { countLatency, emptyLatencyCounts, SLICE_MS, Traffic, type TrafficCounts } from '#registry/traffic';
import { CONFIG, REPLICA_ID } from '../generator-tokens.js';
import type { EndedCompletion } from '../observations/bad-events.js';

type Counts = { -readonly [Key in Exclude<keyof TrafficCounts, 'latencyCounts'>]: number } & {
  latencyCounts: number[];
};

/** What is lost at most when the process is killed. */
const FLUSH_MS = 5_000;
/** How long slices are kept. */
const KEPT_MS = 3_600_000;
const PRUNE_MS = 300_000;

/** Counts what this replica answers, and tells the registry every few seconds; a replica that answers nothing tells nothing. */
@Injectable()
export class TrafficRecorder implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(TrafficRecorder.name);
  readonly #slices = new Map<number, Counts>();
  #timer: NodeJS.Timeout | undefined;
  #prunedAtMs = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly traffic: Traffic,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(REPLICA_ID) private readonly replicaId: string,
  ) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => this.#flush(), FLUSH_MS);
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    this.#flush();
    await this.#writing;
  }

  /** Takes note of a request that is over. */
  ended({ outcome, totalMs, completionTokens }: EndedCompletion, promptTokens: number): void {
    const startedAtMs = Math.floor(Date.now() / SLICE_MS) * SLICE_MS;
    let counts = this.#slices.get(startedAtMs);
    if (counts === undefined) {
      counts = {
        requests: 0,
        failed: 0,
        cancelled: 0,
        promptTokens: 0,
        completionTokens: 0,
        latencyCounts: emptyLatencyCounts(),
      };
      this.#slices.set(startedAtMs, counts);
    }
    counts.requests += 1;
    counts.promptTokens += promptTokens;
    counts.completionTokens += completionTokens;
    if (outcome === 'failed') counts.failed += 1;
    if (outcome === 'cancelled') counts.cancelled += 1;
    // How long something took that was cut short says nothing about the service.
    if (outcome === 'completed') countLatency(counts.latencyCounts, totalMs);
  }

  #flush(): void {
    this.#writing = this.#writing.then(() => this.#write());
  }

  async #write(): Promise<void> {
    const nowMs = Date.now();
    try {
      for (const [startedAtMs, counts] of this.#slices) {
        const { deployment } = this.config;
        const place = { replicaId: this.replicaId, deployment, startedAt: new Date(startedAtMs) };
        await this.traffic.reportSlice({ ...place, ...counts });
        if (startedAtMs + SLICE_MS <= nowMs) this.#slices.delete(startedAtMs);
      }
      if (nowMs - this.#prunedAtMs > PRUNE_MS) {
        await this.traffic.pruneSlices(new Date(nowMs - KEPT_MS));
        this.#prunedAtMs = nowMs;
      }
    } catch (error) {
      this.#logger.warn({ err: error, msg: 'traffic cannot be reported; what is recent is kept and tried again' });
      for (const startedAtMs of this.#slices.keys())
        if (startedAtMs < nowMs - KEPT_MS) this.#slices.delete(startedAtMs);
    }
  }
}
