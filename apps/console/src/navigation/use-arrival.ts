import { useEffect, useRef } from 'react';

/** Begins at the top of a page that somebody has gone to, for the eye and for the keyboard; back and forward lead to where they were. */
export function useArrival(path: string): void {
  const shown = useRef(path);
  const isReturn = useRef(false);
  useEffect(() => {
    const onReturn = (): void => {
      isReturn.current = location.pathname !== shown.current;
    };
    window.addEventListener('popstate', onReturn);
    return () => window.removeEventListener('popstate', onReturn);
  }, []);
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    if (!isReturn.current) window.scrollTo(0, 0);
    isReturn.current = false;
    // What had the focus went with the page before, or is hidden until the next one is there.
    const { activeElement: focused, body } = document;
    if (focused === body || focused?.checkVisibility() === false)
      document.getElementById('main')?.focus({ preventScroll: true });
  }, [path]);
}
