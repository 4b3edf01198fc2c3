import { createHash } from 'node:crypto';
import { CodedError, isCodedError } from '#errors';
import type { ApiKey, ApiScope } from '#registry';

/** Who a key belongs to, and what it may do. */
export interface ApiKeyIdentity {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly ApiScope[];
  /** Those of the server where it has none. */
  readonly limits?: ApiKey['limits'];
}

interface CacheEntry {
  identity: Promise<ApiKeyIdentity | null>;
  readonly expiresAtMs: number;
  /** Until when the key is good while it cannot be looked up; 0 when it was wrong the last time. */
  goodUntilMs: number;
}

interface FailureWindow {
  failures: number;
  readonly endsAtMs: number;
}

/** Longest time that a revoked key goes on working, and that a wrong key is refused without a look-up. */
const DEFAULT_TTL_MS = 3_000;
/** For so long after it was looked up with success a key stays good while the database cannot be asked. */
const STALE_MS = 600_000;
/** How long a request waits for a database that does not answer, where its key was good before. */
const PATIENCE_MS = 1_000;
const MAX_ENTRIES = 10_000;
/** One address may try this many different wrong keys per window before it must wait. */
const MAX_FAILURES = 30;
const WINDOW_MS = 10_000;

/**
 * Remembers for three seconds, or as long as it is told, whether a key is good, so that the database is asked once and not for every request.
 *
 * Keys are remembered by their SHA-256 only. Guessing is slowed: thirty wrong keys from one address within ten seconds,
 * and further keys that are not known to be good are refused until the ten seconds are over.
 *
 * While the database is away, keys that were good within the last ten minutes stay good, so that completions go on.
 */
export class ApiKeyCache {
  readonly #entries = new Map<string, CacheEntry>();
  readonly #failures = new Map<string, FailureWindow>();

  constructor(
    private readonly verify: (key: string) => Promise<ApiKeyIdentity | null>,
    private readonly ttlMs: number = DEFAULT_TTL_MS,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /**
   * The owner of the key, or `null` when it is wrong or revoked.
   * @param address where the request came from; wrong keys are counted by it
   * @throws rate_limit_exceeded when this address tried too many wrong keys
   */
  async identify(key: string, address: string): Promise<ApiKeyIdentity | null> {
    const hash = createHash('sha256').update(key).digest('base64');
    const known = this.#entries.get(hash);
    if (known !== undefined && known.expiresAtMs > this.nowMs()) return known.identity;
    const goodUntilMs = known?.goodUntilMs ?? 0;
    if (goodUntilMs === 0) this.#refuseGuessing(address);
    const lookUp = this.verify(key);
    const stale = known !== undefined && goodUntilMs > this.nowMs() ? known.identity : null;
    const entry: CacheEntry = {
      identity: stale === null ? lookUp : unlessAway(lookUp, stale),
      expiresAtMs: this.nowMs() + this.ttlMs,
      goodUntilMs: stale === null ? 0 : goodUntilMs,
    };
    this.#remember(this.#entries, hash, entry);
    // Also where nobody waited for it: a key that was revoked meanwhile is refused as soon as that is known.
    const learned = lookUp.then((identity) => {
      entry.identity = lookUp;
      entry.goodUntilMs = identity === null ? 0 : this.nowMs() + STALE_MS;
    });
    learned.catch(() => undefined);
    try {
      const identity = await entry.identity;
      if (identity === null) this.#countFailure(address);
      return identity;
    } catch (error) {
      // A database that could not be asked says nothing about the key.
      if (this.#entries.get(hash) === entry) this.#entries.delete(hash);
      throw error;
    }
  }

  #refuseGuessing(address: string): void {
    const window = this.#failures.get(address);
    if (window === undefined || window.failures < MAX_FAILURES) return;
    const waitMs = window.endsAtMs - this.nowMs();
    if (waitMs <= 0) {
      this.#failures.delete(address);
      return;
    }
    throw new CodedError(
      'rate_limit_exceeded',
      `Too many wrong API keys from this address: ${MAX_FAILURES} in ${WINDOW_MS / 1000} seconds. Wait, then send a valid key.`,
      {
        retryAfterMs: waitMs,
      },
    );
  }

  #countFailure(address: string): void {
    const window = this.#failures.get(address);
    if (window !== undefined && window.endsAtMs > this.nowMs()) window.failures += 1;
    else this.#remember(this.#failures, address, { failures: 1, endsAtMs: this.nowMs() + WINDOW_MS });
  }

  /** Adds as the newest entry; drops the oldest one over the bound, so that a flood of keys cannot fill the memory. */
  #remember<T>(map: Map<string, T>, name: string, value: T): void {
    map.delete(name);
    map.set(name, value);
    const oldest = map.keys().next();
    if (map.size > MAX_ENTRIES && oldest.done !== true) map.delete(oldest.value);
  }
}

/** What was looked up, or what was known before when the database cannot be asked or does not answer. */
async function unlessAway<T>(lookUp: Promise<T>, before: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<T>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS, before);
  });
  try {
    return await Promise.race([lookUp, patience]);
  } catch (error) {
    if (isCodedError(error, 'database_unavailable')) return await before;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
