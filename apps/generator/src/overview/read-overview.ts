import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '#config';
import { Registry, type Deployment } from '#registry';
import type { Release, ServingPeriod } from '#registry/releases';
import { Traffic } from '#registry/traffic';
import { CONFIG } from '../generator-tokens.js';
import { replicaState } from '../models/replica-state.js';
import { summarizeTraffic, type TrafficSummary } from './summarize-traffic.js';
import { readTrainerHealth, type TrainerHealth } from './trainer-health.js';

const HISTORY_MS = 3_600_000;
/** Several consoles that look at once are answered from one reading. */
const FRESH_MS = 1_000;
const MOST_REPLICAS = 100;

type Replica = Awaited<ReturnType<Registry['listReplicas']>>['items'][number];

/** How everything is at a moment. */
export interface Overview {
  readonly at: Date;
  readonly deployment: Deployment;
  readonly serving: readonly ServingPeriod[];
  readonly release: Release | null;
  /** The newest release that was rolled back. */
  readonly lastRollback: Release | null;
  /** Those of the deployment, at most 100. */
  readonly replicas: readonly (Replica & { readonly state: ReturnType<typeof replicaState> })[];
  readonly trainer: TrainerHealth;
  readonly database: Awaited<ReturnType<Traffic['readDatabase']>> & { readonly answeredInMs: number };
  readonly traffic: TrafficSummary;
}

/** Reads how everything is. */
@Injectable()
export class ReadOverview {
  #last: { readonly at: number; readonly overview: Promise<Overview> } | null = null;

  constructor(
    private readonly registry: Registry,
    private readonly traffic: Traffic,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** At most a second old. @throws database_unavailable */
  read(): Promise<Overview> {
    const now = performance.now();
    if (this.#last !== null && now - this.#last.at < FRESH_MS) return this.#last.overview;
    const overview = this.#read();
    this.#last = { at: now, overview };
    overview.catch(() => {
      if (this.#last?.overview === overview) this.#last = null;
    });
    return overview;
  }

  async #read(): Promise<Overview> {
    const { registry, traffic, config } = this;
    const { deployment: name } = config;
    const now = new Date();
    const since = new Date(now.getTime() - HISTORY_MS);
    const [{ deployment, release }, serving, rolledBack, replicas, trainer, database, slices] = await Promise.all([
      registry.releases.readServing(name),
      registry.releases.findServing(name, now),
      registry.releases.list({ deployment: name, state: 'rolled_back', limit: 1 }),
      registry.listReplicas({ limit: MOST_REPLICAS }),
      readTrainerHealth(config.trainerUrl),
      this.#readDatabase(),
      traffic.sumSlices(name, since),
    ]);
    return {
      at: now,
      deployment,
      serving,
      release,
      lastRollback: rolledBack.items[0] ?? null,
      replicas: replicas.items
        .filter((replica) => replica.deployment === name)
        .map((replica) => ({ ...replica, state: replicaState(replica, config.replicaLostAfterMs) })),
      trainer,
      database,
      traffic: summarizeTraffic(slices, since, now),
    };
  }

  async #readDatabase(): Promise<Overview['database']> {
    const startedAtMs = performance.now();
    const facts = await this.traffic.readDatabase();
    return { ...facts, answeredInMs: performance.now() - startedAtMs };
  }
}
