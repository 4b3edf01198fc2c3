/** What a key may be used for. */
export type Scope = 'completions' | 'training' | 'admin';

/** The owner of the key. */
export interface Me {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** The deployment that this generator serves. */
  readonly deployment: string;
  readonly version: string;
}

/** Who is signed in. */
export interface SessionState {
  /** Kept while the key is checked, so that a reload of the page asks for nothing. */
  readonly key: string | null;
  readonly me: Me | null;
  /** Why somebody was signed out. */
  readonly notice: string | null;
}

const STORED = 'understudy.key';
const EXPIRED = 'The key is not accepted any more: it was revoked, or the server was set up anew. Sign in again.';

/** Holds the key for this tab and this browser session only: neither a cookie nor anything that outlives the tab. */
class Session {
  #state: SessionState = { key: read(), me: null, notice: null };
  readonly #listeners = new Set<() => void>();

  get key(): string | null {
    return this.#state.key;
  }

  get state(): SessionState {
    return this.#state;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  begin(key: string, me: Me): void {
    sessionStorage.setItem(STORED, key);
    this.#set({ key, me, notice: null });
  }

  end(): void {
    sessionStorage.removeItem(STORED);
    this.#set({ key: null, me: null, notice: null });
  }

  /** The server refuses the key. */
  expire(): void {
    if (this.#state.key === null) return;
    sessionStorage.removeItem(STORED);
    this.#set({ key: null, me: null, notice: EXPIRED });
  }

  #set(state: SessionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

function read(): string | null {
  // Specs import this in a place that has no browser storage.
  return typeof sessionStorage === 'undefined' ? null : sessionStorage.getItem(STORED);
}

/** The session of this tab. */
export const session = new Session();
