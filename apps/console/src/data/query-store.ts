import { toFailure, type ApiFailure } from '../api/api-failure.js';
import { keepSame } from './keep-same.js';

/** What is known of something that is loaded. */
export interface QueryState {
  readonly data: unknown;
  readonly failure: ApiFailure | null;
}

/** Loads it; the signal says that nobody wants it any more. */
export type Loader = (signal: AbortSignal) => Promise<unknown>;

const INITIAL: QueryState = { data: undefined, failure: null };
/** Changes that come in quick succession are asked for together. */
const SOON_MS = 1000;
const MOST_ENTRIES = 200;

/** One thing that is loaded, whoever shows it: at most one request at a time, and the old answer until the new one is there. */
class QueryEntry {
  #state = INITIAL;
  #loadedAtMs: number | null = null;
  #loader: Loader | null = null;
  #running: AbortController | null = null;
  #again = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #listeners = new Set<() => void>();

  get state(): QueryState {
    return this.#state;
  }

  /** When the newest answer came, in milliseconds since 1970; null before the first. */
  get loadedAtMs(): number | null {
    return this.#loadedAtMs;
  }

  get isUsed(): boolean {
    return this.#listeners.size > 0;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (!this.isUsed) this.#drop();
    };
  };

  /** Says how it is loaded, from now on. */
  loadWith(loader: Loader): void {
    this.#loader = loader;
  }

  /** Asks now, or once more after the request that is under way. */
  load(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#running !== null) this.#again = true;
    else void this.#run();
  }

  /** Asks within a second. */
  loadSoon(): void {
    this.#timer ??= setTimeout(() => this.load(), Math.max(0, (this.#loadedAtMs ?? 0) + SOON_MS - Date.now()));
  }

  async #run(): Promise<void> {
    const loader = this.#loader;
    if (loader === null || !this.isUsed) return;
    const running = new AbortController();
    this.#running = running;
    let next: QueryState;
    try {
      next = { data: keepSame(this.#state.data, await loader(running.signal)), failure: null };
      this.#loadedAtMs = Date.now();
    } catch (thrown) {
      if (running.signal.aborted) return;
      next = { data: this.#state.data, failure: toFailure(thrown) };
    }
    if (running.signal.aborted) return;
    this.#running = null;
    this.#set(next);
    if (!this.#again) return;
    this.#again = false;
    this.loadSoon();
  }

  #drop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#again = false;
    this.#running?.abort();
    this.#running = null;
  }

  /** Nobody is told of an answer that is the same as before. */
  #set(state: QueryState): void {
    if (state.data === this.#state.data && state.failure === this.#state.failure) return;
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

/** Everything that was loaded, by key: what a person comes back to is there at once, and renewed. */
class QueryStore {
  readonly #entries = new Map<string, QueryEntry>();

  /** @param key as JSON of an array */
  entry(key: string): QueryEntry {
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const entry = new QueryEntry();
    this.#entries.set(key, entry);
    for (const [name, old] of this.#entries) {
      if (this.#entries.size <= MOST_ENTRIES) break;
      if (!old.isUsed && name !== key) this.#entries.delete(name);
    }
    return entry;
  }

  /** Asks again for everything on the screen whose key begins with one of these. */
  reload(firsts: readonly string[]): void {
    for (const [key, entry] of this.#entries) {
      if (entry.isUsed && firsts.includes((JSON.parse(key) as unknown[])[0] as string)) entry.load();
    }
  }

  /** Forgets what another key was shown. */
  clear(): void {
    for (const [key, entry] of this.#entries) if (!entry.isUsed) this.#entries.delete(key);
  }
}

/** What this tab has loaded. */
export const queries = new QueryStore();
