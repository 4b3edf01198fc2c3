import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { ArtifactStore } from '#artifacts';
import type { Config } from '#config';
import { CodedError } from '#errors';
import { DecodeThreads } from '#language-model';
import { Registry } from '#registry';
import { CODE_VERSION } from '../code-version.js';
import { CONFIG } from '../generator-tokens.js';
import { decoderThreads } from './decoder-threads.js';
import { LoadedVersion } from './loaded-version.js';

/** A version that stays loaded until `release` is called. */
export interface Lease {
  readonly loaded: LoadedVersion;
  readonly release: () => void;
}

/** How long it is remembered which version a preset or another deployment means. */
const RESOLVED_FOR_MS = 1_000;
const MAX_RESOLVED = 1_000;

/**
 * The model versions of this replica.
 *
 * The deployment's incumbent is switched in one assignment: a request sees the old version or the new one, never none.
 * The version before stays loaded, so that going back takes no time. Others are loaded when a request names them.
 */
@Injectable()
export class ModelHost implements OnApplicationShutdown {
  readonly #logger = new Logger(ModelHost.name);
  /** By version id, the least recently used first. */
  readonly #loaded = new Map<string, Promise<LoadedVersion>>();
  readonly #resolved = new Map<string, { readonly id: Promise<string>; readonly untilMs: number }>();
  /** Those that are loaded, by id. */
  readonly #ready = new Map<string, LoadedVersion>();
  readonly #closing = new Set<Promise<void>>();
  readonly #decodeThreads: DecodeThreads;
  #incumbent: LoadedVersion | null = null;
  #previousId: string | null = null;
  #kept: readonly string[] = [];
  #stopped = false;
  /** Why there is no incumbent, or why it is not the version that the deployment names; null when all is well. */
  problem: string | null = 'The deployment has not been read from the database yet.';
  /** Called after each switch. */
  onSwitch: () => void = () => undefined;

  constructor(
    private readonly registry: Registry,
    private readonly store: ArtifactStore,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    // One version's worth: a release loads and unloads one at a time.
    this.#decodeThreads = new DecodeThreads(decoderThreads(config.servingThreads));
  }

  /** The version that requests for the deployment get. */
  get incumbent(): LoadedVersion | null {
    return this.#incumbent;
  }

  get #loadedBytes(): number {
    return this.readyVersions.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  /** The versions in memory that are ready to serve. */
  get readyVersions(): readonly LoadedVersion[] {
    return [...this.#ready.values()];
  }

  /** A version, when it is in memory and ready to serve. */
  ready(versionId: string): LoadedVersion | null {
    return this.#ready.get(versionId) ?? null;
  }

  /** Ids of the versions in memory, those that are being loaded included. */
  get loadedIds(): readonly string[] {
    return [...this.#loaded.keys()];
  }

  /**
   * The version that a request names, loaded and kept until released.
   * @param name a version id, checkpoint, preset, deployment or alias
   * @throws model_not_found; no_model_ready before the deployment has a version; bundle_missing or bundle_corrupt
   */
  async lease(name: string): Promise<Lease> {
    const target = this.config.modelAliases[name] ?? name;
    for (;;) {
      const loaded =
        target === this.config.deployment ? this.#requireIncumbent() : await this.load(await this.#resolve(name));
      const release = loaded.lease();
      if (release !== null) return { loaded, release };
      if (loaded.engine.isDead) await this.#reopen(loaded);
      // Or it was evicted between being found and being leased; look again.
    }
  }

  /**
   * The version in memory, verified and warm; loads it unless it is there.
   * @throws model_not_found, bundle_missing, bundle_corrupt
   */
  async load(versionId: string): Promise<LoadedVersion> {
    const known = this.#loaded.get(versionId);
    const loading = known ?? this.#open(versionId);
    // Last in order = most recently used.
    this.#loaded.delete(versionId);
    this.#loaded.set(versionId, loading);
    try {
      const loaded = await loading;
      if (known === undefined) {
        this.#ready.set(versionId, loaded);
        this.#evict(versionId);
      }
      return loaded;
    } catch (error) {
      if (this.#loaded.get(versionId) === loading) this.#loaded.delete(versionId);
      throw error;
    }
  }

  /** Keeps versions in memory, besides those of the deployment, until it is told others. */
  keep(versionIds: readonly string[]): void {
    this.#kept = versionIds;
  }

  /**
   * Makes a version the incumbent: requests from now on get it; those under way finish on the one they started on.
   * @param isStillWanted asked once it is loaded, which may take a while
   */
  async switchTo(versionId: string, previousVersionId: string | null, isStillWanted: () => boolean): Promise<void> {
    const next = await this.load(versionId);
    if (isStillWanted()) this.#serve(next, previousVersionId);
  }

  /** The same for a version that is in memory, without waiting for anything; false where it is not there. */
  switchAtOnce(versionId: string, previousVersionId: string | null): boolean {
    const next = this.ready(versionId);
    if (next === null) return false;
    this.#serve(next, previousVersionId);
    return true;
  }

  #serve(next: LoadedVersion, previousVersionId: string | null): void {
    const { id: versionId } = next.version;
    const before = this.#incumbent?.version.id ?? null;
    this.#incumbent = next;
    this.#previousId = previousVersionId;
    this.problem = null;
    this.#resolved.clear();
    this.#evict(versionId);
    if (before === versionId) return;
    this.#logger.log({ msg: 'switched', deployment: this.config.deployment, from: before, to: versionId });
    this.onSwitch();
  }

  async onApplicationShutdown(): Promise<void> {
    this.#stopped = true;
    this.#incumbent = null;
    this.problem = 'The server is stopping.';
    for (const versionId of this.loadedIds) this.#close(versionId);
    await Promise.all(this.#closing);
    await this.#decodeThreads.close();
  }

  /** Opens a version again whose thread has ended, once for all requests that notice. */
  async #reopen(dead: LoadedVersion): Promise<void> {
    const { id } = dead.version;
    const loading = this.#loaded.get(id);
    if (loading !== undefined && (await loading) === dead && this.#loaded.get(id) === loading) {
      this.#logger.error({ msg: 'the decoder has ended and is started again', version: id });
      this.#close(id);
    }
    const next = await this.load(id);
    if (this.#incumbent === dead) this.#incumbent = next;
  }

  #requireIncumbent(): LoadedVersion {
    if (this.#incumbent !== null) return this.#incumbent;
    throw new CodedError(
      'no_model_ready',
      `The deployment "${this.config.deployment}" has no model ready on this server. ${this.problem ?? ''}`,
      {
        param: 'model',
        retryAfterMs: 2_000,
      },
    );
  }

  async #open(versionId: string): Promise<LoadedVersion> {
    const version = await this.registry.resolveModel(versionId);
    if (this.#stopped) throw new CodedError('no_model_ready', 'The server is stopping.');
    const startedAt = performance.now();
    const { servingThreads, servingPrecision, maxBatchSize, maxQueuedRequests } = this.config;
    const loaded = await LoadedVersion.load(
      version,
      this.store,
      // What may wait is bounded over all versions together, before it gets here.
      {
        threads: decoderThreads(servingThreads),
        precision: servingPrecision,
        maxBatchSize,
        maxQueued: maxBatchSize + maxQueuedRequests,
        decodeThreads: this.#decodeThreads,
      },
      CODE_VERSION,
    );
    this.#logger.log({
      msg: 'loaded',
      version: versionId,
      precision: loaded.engine.precision,
      milliseconds: Math.round(performance.now() - startedAt),
    });
    return loaded;
  }

  async #resolve(name: string): Promise<string> {
    if (this.#loaded.has(name)) return name;
    const known = this.#resolved.get(name);
    if (known !== undefined && known.untilMs > performance.now()) return known.id;
    const id = this.registry.resolveModel(name).then((version) => version.id);
    this.#resolved.delete(name);
    this.#resolved.set(name, { id, untilMs: performance.now() + RESOLVED_FOR_MS });
    const [oldest] = this.#resolved.keys();
    if (this.#resolved.size > MAX_RESOLVED && oldest !== undefined) this.#resolved.delete(oldest);
    return id;
  }

  /** Unloads versions that were not used for longest, until the rest is within both limits or only those are left that must stay. */
  #evict(justLoadedId: string): void {
    const needed = new Set([this.#incumbent?.version.id, this.#previousId, justLoadedId, ...this.#kept]);
    for (const versionId of this.loadedIds.filter((id) => !needed.has(id))) {
      if (this.#loaded.size <= this.config.maxLoadedVersions && this.#loadedBytes <= this.config.maxLoadedBytes) return;
      this.#close(versionId);
    }
  }

  #close(versionId: string): void {
    const loading = this.#loaded.get(versionId);
    this.#loaded.delete(versionId);
    this.#ready.delete(versionId);
    const closing = (loading ?? Promise.resolve(null))
      .then((loaded) => loaded?.close())
      .catch((error: unknown) => this.#logger.error(error))
      .finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}
