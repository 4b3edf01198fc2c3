import { useCallback } from 'react';
import { useSearchParams } from 'wouter';

/** A part of the state of a page that stands in its address, so that it survives a reload and can be sent to somebody. */
export function useSearchState(name: string, initial: string): [string, (value: string) => void] {
  const [parameters, setParameters] = useSearchParams();
  const set = useCallback(
    (value: string) =>
      setParameters(
        (before) => {
          const next = new URLSearchParams(before);
          if (value === '' || value === initial) next.delete(name);
          else next.set(name, value);
          return next;
        },
        { replace: true },
      ),
    [setParameters, name, initial],
  );
  return [parameters.get(name) ?? initial, set];
}
