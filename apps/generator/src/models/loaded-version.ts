import { createHash } from 'node:crypto';
import type { ArtifactStore } from '#artifacts';
import { CompletionEngine } from '#language-model';
import type { ServableModel } from '#registry';

/** How much of the machine a loaded version may use. */
type EngineOptions = Parameters<typeof CompletionEngine.open>[1];

/** What a thread of a version takes besides its numbers: its JavaScript engine and the runtime. */
const THREAD_BYTES = 40 * 1024 ** 2;
const FLOAT_BYTES = 4;

/** A model version or checkpoint in memory, verified and warm. Requests lease it; it is closed when the last of them is done. */
export class LoadedVersion {
  readonly #loadedAtMs = performance.now();
  #leases = 0;
  #closing: Promise<void> | null = null;
  #drained: (() => void) | null = null;

  private constructor(
    readonly version: ServableModel,
    readonly engine: CompletionEngine,
    /** Names weights, tokenizer, precision and code: two answers with the same one came from the same function. */
    readonly fingerprint: string,
  ) {}

  /**
   * Opens the bundle, checking every file's hash, and runs the model once so that no request pays for it.
   * @throws bundle_missing, bundle_corrupt
   */
  static async load(
    version: ServableModel,
    store: ArtifactStore,
    settings: EngineOptions,
    codeVersion: string,
  ): Promise<LoadedVersion> {
    const engine = await CompletionEngine.open(await store.openBundle(version.bundleSha256), settings);
    try {
      await engine.warmUp();
    } catch (error) {
      await engine.close();
      throw error;
    }
    const served = `${version.bundleSha256}:${engine.precision}:${codeVersion}`;
    const fingerprint = createHash('sha256').update(served).digest('hex');
    return new LoadedVersion(version, engine, `fp_${fingerprint.slice(0, 16)}`);
  }

  /** For how long it has been ready to serve. */
  get ageMs(): number {
    return performance.now() - this.#loadedAtMs;
  }

  /**
   * Memory that the version takes, estimated, for each of its threads: weights as the runtime keeps them, once as they are and once in
   * the order of its matrix products, and logits and probabilities for each row of the batch.
   */
  get sizeBytes(): number {
    const { config, activity } = this.engine;
    const numbers = 2 * config.parameters + 2 * activity.capacity * config.vocabularySize;
    return activity.threads * (THREAD_BYTES + numbers * FLOAT_BYTES);
  }

  /** Keeps the version open until the returned function is called; `null` when it is being closed or its thread has ended. */
  lease(): (() => void) | null {
    if (this.#closing !== null || this.engine.isDead) return null;
    this.#leases += 1;
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#leases -= 1;
      if (this.#leases === 0) this.#drained?.();
    };
  }

  /** Takes no new leases, waits for those that are held, and frees the model. */
  close(): Promise<void> {
    this.#closing ??= this.#drain().then(() => this.engine.close());
    return this.#closing;
  }

  async #drain(): Promise<void> {
    if (this.#leases > 0) await new Promise<void>((resolve) => (this.#drained = resolve));
  }
}
