import { useEffect, useState } from 'react';

const STILL_MS = 300;

/** What is being typed, once nothing was typed for a moment. */
export function useSettled<T extends string>(value: T): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), STILL_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
