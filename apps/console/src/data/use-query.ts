import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import type { ApiFailure } from '../api/api-failure.js';
import { useChange, type Topic } from './changes.js';
import { queries } from './query-store.js';

/** When something is asked for again. */
export interface QueryOptions {
  /** Whenever the service tells of a change of these. */
  readonly topics?: readonly Topic[];
  /** So often while the page is in sight. */
  readonly everyMs?: number;
  /** false asks for nothing. */
  readonly enabled?: boolean;
}

/** Something that is loaded and kept up to date. */
export interface Query<T> {
  /** The newest answer; that of before while another one is under way or has failed. */
  readonly data: T | undefined;
  readonly failure: ApiFailure | null;
  /** Nothing is there to be shown yet. */
  readonly isLoading: boolean;
  readonly reload: () => void;
}

const NO_TOPICS: readonly Topic[] = [];
/** What was loaded so recently is not asked for again because another part of the page wants it, too. */
const FRESH_MS = 500;

/**
 * Loads something and keeps it up to date. Two that have the same key share one request and one answer.
 * @param key an array that can be written as JSON
 */
export function useQuery<T>(
  key: readonly unknown[],
  load: (signal: AbortSignal) => Promise<T>,
  options: QueryOptions = {},
): Query<T> {
  const { topics = NO_TOPICS, everyMs, enabled = true } = options;
  const name = JSON.stringify(key);
  const entry = useMemo(() => queries.entry(name), [name]);
  const state = useSyncExternalStore(entry.subscribe, () => entry.state);
  const loader = useRef(load);
  useEffect(() => {
    loader.current = load;
  });
  useEffect(() => {
    if (!enabled) return;
    entry.loadWith((signal) => loader.current(signal));
    const { loadedAtMs } = entry;
    if (loadedAtMs === null || Date.now() - loadedAtMs > FRESH_MS) entry.load();
  }, [entry, enabled]);
  useChange(
    topics,
    useCallback(() => {
      if (enabled) entry.loadSoon();
    }, [entry, enabled]),
  );
  useEffect(() => {
    if (!enabled) return;
    const refresh = (): void => {
      if (document.visibilityState === 'visible') entry.loadSoon();
    };
    const timer = everyMs === undefined ? undefined : setInterval(refresh, everyMs);
    window.addEventListener('online', refresh);
    document.addEventListener('visibilitychange', refresh);
    return () => {
      clearInterval(timer);
      window.removeEventListener('online', refresh);
      document.removeEventListener('visibilitychange', refresh);
    };
  }, [entry, everyMs, enabled]);
  const reload = useCallback(() => entry.load(), [entry]);
  return {
    data: state.data as T | undefined,
    failure: state.failure,
    isLoading: enabled && state.data === undefined && state.failure === null,
    reload,
  };
}
