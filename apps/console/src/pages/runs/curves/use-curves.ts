import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { curves, type KnownCurve } from './curve-store.js';

/** How often a run that is under way is asked for what it has told since. */
const EVERY_MS = 2_000;

/** A run whose curve is wanted. */
interface Wanted {
  readonly id: string;
  readonly status: string;
}

const UNDER_WAY = new Set(['running', 'queued', 'validating_files']);

/**
 * The curves of runs by their ids, kept up to date while they are under way.
 * @param points most points of each, before it grows
 */
export function useCurves(runs: readonly Wanted[], points: number): ReadonlyMap<string, KnownCurve> {
  const version = useSyncExternalStore(curves.watch, curves.version);
  const ids = runs.map(({ id }) => id).join(' ');
  // Also when one has ended: its last numbers came with its end.
  const states = runs.map(({ id, status }) => `${id} ${status}`).join(' ');
  useEffect(() => {
    const pairs = states.split(' ');
    const refresh = (isTimer: boolean): void => {
      if (isTimer && document.visibilityState !== 'visible') return;
      pairs.forEach((word, index) => {
        const status = pairs[index + 1] ?? '';
        if (index % 2 === 0 && word !== '' && (!isTimer || UNDER_WAY.has(status))) curves.load(word, points);
      });
    };
    refresh(false);
    const timer = setInterval(() => refresh(true), EVERY_MS);
    return () => clearInterval(timer);
  }, [states, points]);
  return useMemo(() => curvesOf(ids, version), [ids, version]);
}

/** @param _version of the store, in which other curves stand behind the same ids after each change */
function curvesOf(ids: string, _version: ReturnType<typeof curves.version>): ReadonlyMap<string, KnownCurve> {
  return new Map(ids === '' ? [] : ids.split(' ').map((id) => [id, curves.get(id)] as const));
}
