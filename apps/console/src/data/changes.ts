import { useEffect, useSyncExternalStore } from 'react';
import { eventStream } from '../api/event-stream.js';

/** What the service tells of changes of. */
export type Topic = 'deployment' | 'release' | 'run' | 'replica' | 'experiment' | 'corpus' | 'version';

/** Something changed. */
export interface Change {
  readonly topic: Topic;
  /** null when changes may have been missed: all of them count as changed. */
  readonly id: string | null;
}

/** `live` while changes arrive, `waiting` while the connection is made anew, `off` for keys that get none. */
type LiveState = 'off' | 'waiting' | 'live';

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 20_000;
/** The service says something at least every 15 seconds. */
const SILENCE_MS = 40_000;

/** One connection for the whole console, made again whenever it breaks. */
class Changes {
  #state: LiveState = 'off';
  #stop: AbortController | null = null;
  readonly #watchers = new Set<() => void>();
  readonly #listeners = new Map<(change: Change) => void, readonly Topic[]>();

  get state(): LiveState {
    return this.#state;
  }

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  /** @returns what ends it */
  listen(topics: readonly Topic[], listener: (change: Change) => void): () => void {
    // A function of its own, so that the same listener can be there twice.
    const own = (change: Change): void => listener(change);
    this.#listeners.set(own, topics);
    return () => this.#listeners.delete(own);
  }

  start(): void {
    this.stop();
    const stop = new AbortController();
    this.#stop = stop;
    void this.#follow(stop.signal);
  }

  stop(): void {
    this.#stop?.abort();
    this.#stop = null;
    this.#set('off');
  }

  async #follow(signal: AbortSignal): Promise<void> {
    let waitMs = FIRST_WAIT_MS;
    let isFirst = true;
    while (this.#isCurrent(signal)) {
      this.#set('waiting');
      const silence = new AbortController();
      let timer = setTimeout(() => silence.abort(), SILENCE_MS);
      const heard = (): void => {
        clearTimeout(timer);
        timer = setTimeout(() => silence.abort(), SILENCE_MS);
      };
      try {
        await eventStream('/v1/admin/changes', {
          signal: AbortSignal.any([signal, silence.signal]),
          onOpen: () => {
            waitMs = FIRST_WAIT_MS;
            this.#set('live');
            if (!isFirst) this.#tellAll();
            isFirst = false;
          },
          onEvent: ({ event, data }) => {
            heard();
            if (event === 'change') this.#tell(JSON.parse(data) as Change);
          },
        });
      } catch {
        // Tried again below; that it broke shows in the state.
      } finally {
        clearTimeout(timer);
      }
      if (!this.#isCurrent(signal)) return;
      this.#set('waiting');
      await pause(waitMs, signal);
      waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
    }
  }

  #isCurrent(signal: AbortSignal): boolean {
    return !signal.aborted;
  }

  #tell(change: Change): void {
    for (const [listener, topics] of this.#listeners) if (topics.includes(change.topic)) listener(change);
  }

  #tellAll(): void {
    for (const [listener, [topic]] of this.#listeners) if (topic !== undefined) listener({ topic, id: null });
  }

  #set(state: LiveState): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const watcher of this.#watchers) watcher();
  }
}

/** Fulfilled after a time, when the browser is connected again, or at once when aborted. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      window.removeEventListener('online', end);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    window.addEventListener('online', end);
    signal.addEventListener('abort', end);
  });
}

/** The changes that this tab is told of. */
export const changes = new Changes();

/** Calls back at changes of these topics. Both arguments should stay the same from call to call. */
export function useChange(topics: readonly Topic[], onChange: (change: Change) => void): void {
  const names = topics.join(' ');
  useEffect(() => {
    if (names === '') return;
    return changes.listen(names.split(' ') as Topic[], onChange);
  }, [names, onChange]);
}

/** Whether changes arrive. */
export function useLiveState(): LiveState {
  return useSyncExternalStore(changes.watch, () => changes.state);
}
