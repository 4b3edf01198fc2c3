import { useCallback, useEffect, useRef, useState } from 'react';
import { toFailure, type ApiFailure } from '../api/api-failure.js';
import { toasts } from '../ui/toasts.js';
import { queries } from './query-store.js';

interface ActionOptions<T> {
  /** Said when it is done. */
  readonly done?: string | ((result: T) => string);
  /** First elements of the keys that are loaded again then. */
  readonly refresh?: readonly string[];
  /** The caller shows the failure itself. */
  readonly quiet?: boolean;
}

/** Something that a person does. */
export interface Action<Arguments extends unknown[], T> {
  /** Fulfilled with the result, or with undefined when it failed; never rejected. */
  readonly run: (...args: Arguments) => Promise<T | undefined>;
  readonly isRunning: boolean;
  /** Of the last time. */
  readonly failure: ApiFailure | null;
}

/** Carries out what a person asked for, once at a time, and says how it went. */
export function useAction<Arguments extends unknown[], T>(
  act: (...args: Arguments) => Promise<T>,
  options: ActionOptions<T> = {},
): Action<Arguments, T> {
  const [state, setState] = useState<{ isRunning: boolean; failure: ApiFailure | null }>({
    isRunning: false,
    failure: null,
  });
  const latest = useRef({ act, options });
  const isRunning = useRef(false);
  useEffect(() => {
    latest.current = { act, options };
  });
  const run = useCallback(async (...args: Arguments): Promise<T | undefined> => {
    if (isRunning.current) return undefined;
    isRunning.current = true;
    setState({ isRunning: true, failure: null });
    const { done, refresh, quiet } = latest.current.options;
    try {
      const result = await latest.current.act(...args);
      setState({ isRunning: false, failure: null });
      if (done !== undefined) toasts.good(typeof done === 'string' ? done : done(result));
      return result;
    } catch (thrown) {
      const failure = toFailure(thrown);
      setState({ isRunning: false, failure });
      if (quiet !== true) toasts.bad(failure.message);
      return undefined;
    } finally {
      isRunning.current = false;
      // Also after a failure: that somebody else was quicker is a reason for one.
      if (refresh !== undefined) queries.reload(refresh);
    }
  }, []);
  return { run, ...state };
}
