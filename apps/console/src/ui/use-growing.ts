import { startTransition, useEffect, useRef, useState, type RefObject } from 'react';

/** Rows that are made at a time: more than fit on a screen. */
const STEP = 40;
/** So much before its end is in sight, a list grows. */
const NEAR = '800px';

/**
 * The first part of a long list, and more of it as somebody comes near to its end; what was shown once stays.
 * @returns what is shown, and what belongs on an element right after it
 */
export function useGrowing<T>(items: readonly T[]): readonly [readonly T[], RefObject<HTMLDivElement | null>] {
  const [room, setRoom] = useState(STEP);
  const end = useRef<HTMLDivElement>(null);
  const isWhole = items.length <= room;
  useEffect(() => {
    const element = end.current;
    if (element === null || isWhole) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.at(-1)?.isIntersecting === true) startTransition(() => setRoom(room + STEP));
      },
      { rootMargin: NEAR },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [room, isWhole]);
  return [isWhole ? items : items.slice(0, room), end];
}
