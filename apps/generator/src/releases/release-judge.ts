import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { ArtifactStore } from '#artifacts';
import type { Config } from '#config';
import { holdAdvisoryLock, type AdvisoryLock, type Database } from '#database';
import { isCodedError } from '#errors';
import { Registry } from '#registry';
import type { JudgeAction, OpenCase, Release } from '#registry/releases';
import { CONFIG, DATABASE } from '../generator-tokens.js';
import { HardGates } from './hard-gates.js';
import { judgeCase } from './judge-case.js';
import { JudgeMetrics } from './judge-metrics.js';
import { ReleaseCurve } from './release-curve.js';

const INTERVAL_MS = 500;
const SOON_MS = 50;
/** Most observations that are added in one transaction. */
const BATCH = 1000;
/** How often old observations are looked for, and how many are forgotten at once. */
const PRUNE_MS = 3_600_000;
const PRUNE_BATCH = 10_000;
const DAY_MS = 86_400_000;
/** How often a rollback is tried again that something stands in the way of. */
const RETRY_ROLLBACK_MS = 5_000;

/**
 * Decides on the open release of the deployment. Every replica has one; the one that holds a lock of the database works, and
 * another takes over when it ends. Two that work at once do no harm: each decision names the revision of the release that it
 * was made from, and of two only one is carried out.
 */
@Injectable()
export class ReleaseJudge implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger(ReleaseJudge.name);
  #lock: AdvisoryLock | null = null;
  #timer: NodeJS.Timeout | undefined;
  #turn: Promise<void> | null = null;
  #stopping = false;
  #rollbackTriedAtMs = Number.NEGATIVE_INFINITY;
  #pruneAtMs = 0;
  readonly #curve = new ReleaseCurve();

  constructor(
    private readonly registry: Registry,
    private readonly gates: HardGates,
    private readonly store: ArtifactStore,
    private readonly metrics: JudgeMetrics,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(DATABASE) private readonly database: Database,
  ) {}

  onApplicationBootstrap(): void {
    const { deployment, releaseJudge } = this.config;
    if (!releaseJudge) return;
    this.#lock = holdAdvisoryLock({
      connectionString: this.database.connectionString,
      name: `judge:${deployment}`,
      onHeld: () => {
        this.#logger.log({ msg: 'judges the releases of the deployment', deployment });
        this.metrics.tellActive(true);
        this.#schedule(0);
      },
      onLost: () => {
        clearTimeout(this.#timer);
        this.metrics.tellActive(false);
      },
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    await this.#turn;
    await this.gates.settle();
    await this.#lock?.close();
  }

  #schedule(waitMs: number): void {
    clearTimeout(this.#timer);
    if (this.#stopping) return;
    this.#timer = setTimeout(() => {
      this.#turn ??= this.#judge().finally(() => (this.#turn = null));
    }, waitMs);
  }

  async #judge(): Promise<void> {
    let waitMs = INTERVAL_MS;
    try {
      if (await this.#judgeOnce()) waitMs = 0;
    } catch (error) {
      // Somebody else was first, so everything is to be looked at anew; or the database is away and comes back.
      if (isCodedError(error, 'conflict')) waitMs = SOON_MS;
      else this.#logger.error({ err: error, msg: 'cannot judge the release', deployment: this.config.deployment });
    }
    if (this.#lock?.isHeld) this.#schedule(waitMs);
  }

  /** @returns whether there is more to do at once */
  async #judgeOnce(): Promise<boolean> {
    const { deployment } = this.config;
    const open = await this.registry.releases.readOpenCase(deployment, BATCH);
    if (open === null) {
      this.metrics.tellNone();
      return this.#prune();
    }
    this.metrics.tellFound(open);
    const judgement = judgeCase(open, await this.gates.find(open.release));
    const action = await this.#prepare(open, judgement.action);
    if (action.kind === 'continue' && judgement.added.length === 0) return false;
    const point = this.#curve.pointOf(open, judgement, action);
    const release = await this.registry.releases.settleJudgement({ ...judgement, action, point });
    this.metrics.tellJudged(release, action.kind);
    if (action.kind !== 'continue') this.#tell(release, action, judgement.message);
    return judgement.added.length === BATCH;
  }

  /** Asks whether the version to go back to can serve, before anything goes back to it: what is stored counts. */
  async #prepare({ release }: OpenCase, action: JudgeAction): Promise<JudgeAction> {
    if (action.kind !== 'roll_back' || release.stage !== 'watched') return action;
    const isRetry = release.state === 'held';
    if (isRetry && performance.now() < this.#rollbackTriedAtMs + RETRY_ROLLBACK_MS) return { kind: 'continue' };
    this.#rollbackTriedAtMs = performance.now();
    return { kind: 'roll_back', targetProblem: await this.#problemOf(release.incumbentVersionId) };
  }

  async #problemOf(versionId: string): Promise<string | null> {
    try {
      const { bundleSha256 } = await this.registry.getModelVersion(versionId);
      await this.store.verifyBundle(bundleSha256);
      return null;
    } catch (error) {
      if (isCodedError(error, 'database_unavailable')) throw error;
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** While nothing is to be judged. @returns whether there is more to forget */
  async #prune(): Promise<boolean> {
    if (performance.now() < this.#pruneAtMs) return false;
    const before = new Date(Date.now() - this.config.observationDays * DAY_MS);
    const isFull = (await this.registry.releases.pruneObservations(before, PRUNE_BATCH)) === PRUNE_BATCH;
    if (!isFull) this.#pruneAtMs = performance.now() + PRUNE_MS;
    return isFull;
  }

  #tell({ id, state, resumes, reason }: Release, { kind }: JudgeAction, message: string): void {
    const line = { msg: 'judged', release: id, action: kind, state, reason: state === 'held' ? reason : message };
    // One that does not go on by itself waits for a person.
    if (state === 'held' && resumes === false) this.#logger.error(line);
    else this.#logger.log(line);
  }
}
