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
import { readServingNotice } from '#registry/releases';
import { CONFIG, DATABASE } from '../generator-tokens.js';
import { ReleaseArms } from '../releases/release-arms.js';
import { FollowMetrics } from './follow-metrics.js';
import { ModelHost } from './model-host.js';

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 60_000;
/** Within this time a replica reads the deployment after it was told of a change: a thousand of them do not all at once. */
const SPREAD_MS = 2_000;

type Notice = Exclude<ReturnType<typeof readServingNotice>, string>;

/**
 * Keeps the model host on the version that its deployment names, and this replica in its open release.
 *
 * Learns of changes by notification, and by a slow poll in case one got lost. A notification says what serves: where that is
 * in memory this replica follows at once, and reads the deployment, which is the truth, a little later. A version that cannot
 * be loaded leaves the old one serving; it is tried again, each time after a longer wait, until it loads or the deployment
 * names another.
 */
@Injectable()
export class DeploymentFollower implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger(DeploymentFollower.name);
  readonly #stopping = new AbortController();
  #listener: Listener | null = null;
  #timer: NodeJS.Timeout | undefined;
  #timerEndsAtMs = 0;
  #running: Promise<void> | null = null;
  #again = false;
  #failedVersionId: string | null = null;
  #retryMs = FIRST_RETRY_MS;
  /** Of what this replica follows; null until it has read the deployment. */
  #servingRevision: number | null = null;
  /** Counts the notices that were newer than what this replica followed. */
  #notices = 0;

  constructor(
    private readonly registry: Registry,
    private readonly host: ModelHost,
    private readonly arms: ReleaseArms,
    private readonly metrics: FollowMetrics,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(DATABASE) private readonly database: Database,
  ) {}

  /** Listens first and reads then, so that no change falls in between. Loading goes on while the server starts to answer. */
  async onApplicationBootstrap(): Promise<void> {
    this.#listener = await listen({
      connectionString: this.database.connectionString,
      channel: DEPLOYMENTS_CHANNEL,
      onNotification: (payload) => this.#hear(readServingNotice(payload)),
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

  #hear(notice: Notice | string): void {
    const isNotice = typeof notice !== 'string';
    if ((isNotice ? notice.deployment : notice) !== this.config.deployment) return;
    if (isNotice && !this.#obey(notice)) this.#look();
    else this.#lookWithin(Math.random() * Math.min(SPREAD_MS, this.config.pollIntervalMs));
  }

  /** Follows a notice as far as memory goes; false where the deployment has to be read for the rest. */
  #obey({ servingRevision, decidedAtMs, incumbentVersionId, previousVersionId, release }: Notice): boolean {
    if (this.#servingRevision === null) return false;
    if (servingRevision <= this.#servingRevision) return true;
    this.#servingRevision = servingRevision;
    this.#notices += 1;
    this.metrics.hear(servingRevision, decidedAtMs);
    const { live } = this.arms;
    const isKnown = release === null || release.id === live?.id;
    // In the order of a reading: a release that has ended draws no arms any more, whatever can be served.
    this.arms.follow(live !== null && release?.id === live.id ? { ...live, ...release } : null);
    const isServed = incumbentVersionId !== null && this.host.switchAtOnce(incumbentVersionId, previousVersionId);
    if (!isKnown || !isServed) return false;
    this.metrics.follow(servingRevision);
    return true;
  }

  /** Reads the deployment now; when a reading is under way, once more after it. */
  #look(): void {
    if (this.#stopping.signal.aborted) return;
    this.#again = true;
    this.#running ??= this.#follow().finally(() => (this.#running = null));
  }

  /** Reads the deployment within a time, or earlier where that was to happen already. */
  #lookWithin(waitMs: number): void {
    const endsAtMs = performance.now() + waitMs;
    if (this.#stopping.signal.aborted || (this.#timer !== undefined && this.#timerEndsAtMs <= endsAtMs)) return;
    clearTimeout(this.#timer);
    this.#timerEndsAtMs = endsAtMs;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#look();
    }, waitMs);
  }

  async #follow(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    let waitMs = this.config.pollIntervalMs;
    while (this.#again && !this.#stopping.signal.aborted) {
      this.#again = false;
      waitMs = await this.#followOnce();
    }
    this.#lookWithin(waitMs);
  }

  /** @returns after how many milliseconds to look again without being told to */
  async #followOnce(): Promise<number> {
    let wanted: string | null = null;
    const notices = this.#notices;
    const isNewest = (): boolean => notices === this.#notices;
    try {
      const { deployment, release } = await this.registry.releases.readServing(this.config.deployment);
      // Read before a notice came that is followed already: once more. What is read later holds, whatever its number.
      if (!isNewest() && deployment.servingRevision < (this.#servingRevision ?? 0)) return 0;
      this.#servingRevision = deployment.servingRevision;
      wanted = deployment.incumbentVersionId;
      // Before anything is loaded: a release that has ended draws no arms any more.
      this.arms.follow(release);
      if (wanted === null) this.host.problem = 'It has no version yet: promote one.';
      else await this.host.switchTo(wanted, deployment.previousVersionId, isNewest);
      // What came meanwhile is read once more, or was followed already.
      if (isNewest()) this.metrics.follow(deployment.servingRevision);
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
