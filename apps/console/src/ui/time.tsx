import { useSyncExternalStore, type ReactNode } from 'react';
import { dateTime, durationMs, relativeTime } from '../format/times.js';

const TICK_MS = 5000;

/** One clock for all times on the page, which wakes nobody while none is shown. */
const clock = {
  listeners: new Set<() => void>(),
  timer: undefined as ReturnType<typeof setInterval> | undefined,
  /** The same for a while, so that all times of a page agree. */
  read: (): number => Math.ceil(Date.now() / TICK_MS) * TICK_MS,
  subscribe: (listener: () => void): (() => void) => {
    clock.listeners.add(listener);
    clock.timer ??= setInterval(() => {
      for (const each of clock.listeners) each();
    }, TICK_MS);
    return () => {
      clock.listeners.delete(listener);
      if (clock.listeners.size > 0) return;
      clearInterval(clock.timer);
      clock.timer = undefined;
    };
  },
};

/** The time, renewed every five seconds, in milliseconds since 1970. */
export function useNowMs(): number {
  return useSyncExternalStore(clock.subscribe, clock.read);
}

interface TimeProps {
  /** Unix time in seconds. */
  readonly at: number;
  readonly mode?: 'relative' | 'absolute' | 'both';
}

/** When something happened: how long ago, with the exact time for the pointer. */
export function Time({ at, mode = 'relative' }: TimeProps): ReactNode {
  const nowMs = useNowMs();
  const relative = relativeTime(at, nowMs);
  const exact = dateTime(at);
  return (
    <time dateTime={new Date(at * 1000).toISOString()} title={mode === 'absolute' ? relative : exact} className="num">
      {mode === 'relative' ? relative : mode === 'absolute' ? exact : `${exact} (${relative})`}
    </time>
  );
}

/** How long ago. */
export function Ago({ at }: { readonly at: number }): ReactNode {
  return <Time at={at} />;
}

/** How long something took, or takes. */
export function Duration({ ms }: { readonly ms: number | null }): ReactNode {
  return <span className="num">{durationMs(ms)}</span>;
}
