import type { Server } from 'node:http';
import { hostname } from 'node:os';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Config } from '#config';
import { Registry } from '#registry';
import { CONFIG, REPLICA_ID } from '../generator-tokens.js';
import { ReleaseArms } from '../releases/release-arms.js';
import { ModelHost } from './model-host.js';

const INTERVAL_MS = 2_000;
/** How often a replica looks for others that were killed long ago. */
const PRUNE_MS = 600_000;

/** Tells the registry every two seconds, and when that changes, what this replica serves and has loaded, and takes the row away when it stops. */
@Injectable()
export class ReplicaReporter implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(ReplicaReporter.name);
  #timer: NodeJS.Timeout | undefined;
  #reporting: Promise<void> = Promise.resolve();
  #pruneAtMs = 0;

  constructor(
    private readonly registry: Registry,
    private readonly host: ModelHost,
    private readonly arms: ReleaseArms,
    private readonly adapter: HttpAdapterHost,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(REPLICA_ID) private readonly id: string,
  ) {}

  onApplicationBootstrap(): void {
    // A server that listens knows its port, also where any free one was asked for.
    this.#server.once('listening', () => this.#report());
    this.host.onSwitch = () => this.#report();
    this.#timer = setInterval(() => this.#report(), INTERVAL_MS);
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    this.host.onSwitch = () => undefined;
    await this.#reporting;
    await this.registry.removeReplica(this.id).catch((error: unknown) => this.#logger.warn(error));
  }

  get #server(): Server {
    return this.adapter.httpAdapter.getHttpServer() as Server;
  }

  #report(): void {
    const address = this.#server.address();
    const versionId = this.host.incumbent?.version.id ?? null;
    const report = {
      id: this.id,
      host: hostname(),
      pid: process.pid,
      port: typeof address === 'object' && address !== null ? address.port : this.config.generatorPort,
      deployment: this.config.deployment,
      versionId,
      loadedVersionIds: this.host.readyVersions.map(({ version }) => version.id),
      problem: this.host.problem ?? this.arms.problem,
      ready: versionId !== null,
    };
    this.#reporting = this.#reporting
      .then(() => this.registry.reportReplica(report))
      .then(() => this.#prune())
      .catch((error: unknown) => this.#logger.warn(error));
  }

  async #prune(): Promise<void> {
    if (performance.now() < this.#pruneAtMs) return;
    await this.registry.pruneReplicas();
    this.#pruneAtMs = performance.now() + PRUNE_MS;
  }
}
