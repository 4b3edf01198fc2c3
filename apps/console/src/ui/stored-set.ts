import { useCallback, useState } from 'react';

/** A choice of words that this browser remembers under a name; null where nothing was chosen yet. */
export function useStoredSet(name: string | undefined): [ReadonlySet<string> | null, (chosen: Set<string>) => void] {
  const [value, setValue] = useState<ReadonlySet<string> | null>(() => read(name));
  const store = useCallback(
    (chosen: Set<string>) => {
      setValue(chosen);
      if (name !== undefined) localStorage.setItem(`understudy.${name}`, JSON.stringify([...chosen]));
    },
    [name],
  );
  return [value, store];
}

function read(name: string | undefined): ReadonlySet<string> | null {
  const text = name === undefined ? null : localStorage.getItem(`understudy.${name}`);
  if (text === null) return null;
  try {
    const words: unknown = JSON.parse(text);
    return Array.isArray(words) ? new Set(words.filter((word) => typeof word === 'string')) : null;
  } catch {
    return null;
  }
}
