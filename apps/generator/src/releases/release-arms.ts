import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import type { Config } from '#config';
import { CodedError, isCodedError } from '#errors';
import type { Release } from '#registry/releases';
import { CONFIG } from '../generator-tokens.js';
import type { LoadedVersion } from '../models/loaded-version.js';
import { measureProbe } from '../models/measure-probe.js';
import { ModelHost, type Lease } from '../models/model-host.js';
import { clientHash, drawArm, uniformOf, versionOf, type Draw } from './draw-arm.js';
import { probeProblems } from './probe-problems.js';

/**
 * As what a version serves a request: the deployment's own one, that which a release tries out, the one before a promotion that is
 * watched, or one that the request names.
 */
export type ReleaseArm = 'incumbent' | 'candidate' | 'former' | 'pinned';

/** A version for a request, and how it came to be this one. */
export interface ArmLease extends Lease {
  readonly arm: ReleaseArm;
  /** The release that the request belongs to; null for one that names a version, and when none is open. */
  readonly live: Release | null;
  /** null where the arm was not drawn: nothing that happens to the request says anything about the release. */
  readonly draw: Draw | null;
  /** An arm that was drawn and whose version could not be had, so that the deployment's own version answers; null otherwise. */
  readonly lost: Draw | null;
  /** Whose request it is, where the release counts clients. */
  readonly client: string | null;
}

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 60_000;

/**
 * The open release on this replica: keeps both of its versions loaded and draws which of them serves a request. Where one of them cannot
 * be loaded, the deployment's version serves everything, and `problem` says why.
 */
@Injectable()
export class ReleaseArms implements BeforeApplicationShutdown {
  readonly #logger = new Logger(ReleaseArms.name);
  #live: Release | null = null;
  #problem: string | null = null;
  #timer: NodeJS.Timeout | undefined;
  #retryMs = FIRST_RETRY_MS;
  #stopped = false;
  /** The release whose versions are being prepared. */
  #preparing: string | null = null;
  /** Candidates that have passed the probe on this replica. */
  readonly #proven = new WeakSet<LoadedVersion>();

  constructor(
    private readonly host: ModelHost,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  get live(): Release | null {
    return this.#live;
  }

  /** Why this replica does not take part in the release as it should; null when all is well. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Both versions of a release, when they are ready here and have been long enough to be judged. */
  ready(release: Release): { readonly candidate: LoadedVersion; readonly incumbent: LoadedVersion } | null {
    const candidate = this.host.ready(release.candidateVersionId);
    const incumbent = this.host.ready(release.incumbentVersionId);
    if (candidate === null || incumbent === null) return null;
    const burnInMs = 1000 * release.policy.burnInSeconds;
    return Math.min(candidate.ageMs, incumbent.ageMs) < burnInMs ? null : { candidate, incumbent };
  }

  /** Takes part in this release from now on; null: in none. */
  follow(release: Release | null): void {
    const isOther = release?.id !== this.#live?.id;
    if (isOther) {
      this.#retryMs = FIRST_RETRY_MS;
      this.#problem = null;
    }
    this.#live = release;
    this.host.keep(release === null ? [] : [release.candidateVersionId, release.incumbentVersionId]);
  }

  /**
   * A version for a request, kept until released.
   * @param name what the request names as its model
   * @param client who sent it
   * @throws model_not_found, no_model_ready, bundle_missing, bundle_corrupt
   */
  async lease(name: string, client: string): Promise<ArmLease> {
    const isDeployment = (this.config.modelAliases[name] ?? name) === this.config.deployment;
    const undrawn = { live: null, draw: null, lost: null, client: null };
    if (!isDeployment) return { ...(await this.host.lease(name)), ...undrawn, arm: 'pinned' };
    const live = this.#live;
    if (live === null) return { ...(await this.host.lease(name)), ...undrawn, arm: 'incumbent' };
    const hash = live.policy.unit === 'client' ? clientHash(live.id, client) : null;
    const draw = this.#draw(live, hash);
    if (draw !== null) {
      try {
        const lease = await this.host.lease(versionOf(live, draw.arm));
        return { ...lease, arm: roleOf(live, draw.arm), live, draw, lost: null, client: hash };
      } catch (error) {
        // The deployment's own version answers; what went wrong is no fault of the request.
        this.#failed(error);
      }
    }
    return { ...(await this.host.lease(name)), arm: 'incumbent', live, draw: null, lost: draw, client: hash };
  }

  beforeApplicationShutdown(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #draw(release: Release, client: string | null): Draw | null {
    if (!this.#isPrepared(release)) {
      // One whose thread has died is opened again, and has to prove itself again; after a failure the timer tries again.
      if (this.#problem === null) this.load();
      return null;
    }
    return drawArm(release, client === null ? Math.random() : uniformOf(client));
  }

  /** Loads what is missing of the release, and again after a while where that fails. */
  load(): void {
    const live = this.#live;
    if (live === null || this.#stopped || this.#preparing === live.id) return;
    clearTimeout(this.#timer);
    if (this.#isPrepared(live)) {
      this.#recovered();
      return;
    }
    this.#preparing = live.id;
    void this.#prepare(live)
      .then(
        () => {
          if (this.#live?.id === live.id) this.#recovered();
        },
        (error: unknown) => {
          if (this.#live?.id === live.id && !this.#stopped) this.#failed(error);
        },
      )
      .finally(() => {
        if (this.#preparing === live.id) this.#preparing = null;
      });
  }

  #isPrepared({ candidateVersionId, incumbentVersionId }: Release): boolean {
    const candidate = this.host.ready(candidateVersionId);
    return candidate !== null && this.#proven.has(candidate) && this.host.ready(incumbentVersionId) !== null;
  }

  /**
   * Both versions in memory, and the candidate's numbers as they should be on this machine too: the judge has asked its own
   * replica only.
   */
  async #prepare({ candidateVersionId, incumbentVersionId, policy }: Release): Promise<void> {
    const [candidate] = await Promise.all([this.host.load(candidateVersionId), this.host.load(incumbentVersionId)]);
    const measured = await measureProbe(candidate);
    const problems =
      measured === null ? [] : probeProblems(candidateVersionId, measured, policy.gates.probePerplexityBand);
    if (problems.length > 0) throw new CodedError('gate_failed', problems.join(' '));
    this.#proven.add(candidate);
  }

  #recovered(): void {
    this.#problem = null;
    this.#retryMs = FIRST_RETRY_MS;
    this.host.onSwitch();
  }

  #failed(error: unknown): void {
    const reason = isCodedError(error) ? `${error.code}: ${error.message}` : 'an unforeseen error, see the log.';
    this.#problem = `This replica cannot take part in the release ${this.#live?.id ?? ''}: ${reason}`;
    this.#logger.error({ err: error, msg: 'cannot take part in the release', release: this.#live?.id });
    this.host.onSwitch();
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.load(), this.#retryMs);
    this.#retryMs = Math.min(2 * this.#retryMs, LONGEST_RETRY_MS);
  }
}

/** After the promotion the candidate is the deployment's own version. */
function roleOf({ stage }: Release, arm: Draw['arm']): ReleaseArm {
  if (stage !== 'watched') return arm;
  return arm === 'candidate' ? 'incumbent' : 'former';
}
