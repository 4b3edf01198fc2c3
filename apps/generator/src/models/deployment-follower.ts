import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { Config } from '#config';
import { listen, type Database, type Listener } from '#database';
import { isCodedError } from '#errors';
import { DEPLOYMENTS_CHANNEL, Registry } from '#registry';
import { CONFIG, DATABASE } from '../generator-tokens.js';
import { ReleaseArms } from '../releases/release-arms.js';
import { ModelHost } from './model-host.js';

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 60_000;

/**
 * Keeps the model host on the version that its deployment names, and this replica in its open release.
 *
 * Learns of changes by notification, and by a slow poll in case one got lost. A version that cannot be loaded leaves
 * the old one serving; it is tried again, each time after a longer wait, until it loads or the deployment names another.
 */
@Injectable()
export class DeploymentFollower implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger(DeploymentFollower.name);
  readonly #stopping = new AbortController();
  #listener: Listener | null = null;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | null = null;
  #again = false;
  #failedVersionId: string | null = null;
  #retryMs = FIRST_RETRY_MS;

  constructor(
    private readonly registry: Registry,
    private readonly host: ModelHost,
    private readonly arms: ReleaseArms,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(DATABASE) private readonly database: Database,
  ) {}

  /** Listens first and reads then, so that no change falls in between. Loading goes on while the server starts to answer. */
  async onApplicationBootstrap(): Promise<void> {
    this.#listener = await listen({
      connectionString: this.database.connectionString,
      channel: DEPLOYMENTS_CHANNEL,
      onNotification: (name) => {
        if (name === this.config.deployment) this.#look();
      },
      onReconnect: () => this.#look(),
    });
    await this.registry.ensureDeployment(this.config.deployment);
    this.#look();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#timer);
    await this.#listener?.close();
    await this.#running;
  }

  /** Reads the deployment now; when a reading is under way, once more after it. */
  #look(): void {
    if (this.#stopping.signal.aborted) return;
    this.#again = true;
    this.#running ??= this.#follow().finally(() => (this.#running = null));
  }

  async #follow(): Promise<void> {
    clearTimeout(this.#timer);
    let waitMs = this.config.pollIntervalMs;
    while (this.#again && !this.#stopping.signal.aborted) {
      this.#again = false;
      waitMs = await this.#followOnce();
    }
    if (!this.#stopping.signal.aborted) this.#timer = setTimeout(() => this.#look(), waitMs);
  }

  /** @returns after how many milliseconds to look again without being told to */
  async #followOnce(): Promise<number> {
    let wanted: string | null = null;
    try {
      const { deployment, release } = await this.registry.releases.readServing(this.config.deployment);
      wanted = deployment.incumbentVersionId;
      // Before anything is loaded: a release that has ended draws no arms any more.
      this.arms.follow(release);
      if (wanted === null) this.host.problem = 'It has no version yet: promote one.';
      else await this.host.switchTo(wanted, deployment.previousVersionId);
      this.arms.load();
      this.#failedVersionId = null;
      this.#retryMs = FIRST_RETRY_MS;
      return this.config.pollIntervalMs;
    } catch (error) {
      return this.#failed(wanted, error);
    }
  }

  #failed(versionId: string | null, error: unknown): number {
    if (versionId !== this.#failedVersionId) this.#retryMs = FIRST_RETRY_MS;
    this.#failedVersionId = versionId;
    const waitMs = this.#retryMs;
    this.#retryMs = Math.min(2 * waitMs, LONGEST_RETRY_MS);
    const reason = isCodedError(error) ? `${error.code}: ${error.message}` : 'an unforeseen error, see the log.';
    this.host.problem =
      versionId === null
        ? `The deployment cannot be read: ${reason}`
        : `The version ${versionId} cannot be loaded: ${reason}`;
    this.#logger.error({
      err: error,
      msg: 'cannot follow the deployment',
      version: versionId,
      serving: this.host.incumbent?.version.id ?? null,
      retryMs: waitMs,
    });
    return waitMs;
  }
}
