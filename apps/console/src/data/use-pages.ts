import { useCallback, useState } from 'react';
import { toFailure, type ApiFailure } from '../api/api-failure.js';
import { useQuery, type QueryOptions } from './use-query.js';

interface Item {
  readonly id: string;
}

interface Part<T> {
  readonly data: readonly T[];
  readonly has_more: boolean;
}

/** A list that is read a page at a time. */
export interface Pages<T> {
  /** undefined until the first page is there. */
  readonly items: readonly T[] | undefined;
  readonly failure: ApiFailure | null;
  readonly isLoading: boolean;
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  readonly loadMore: () => void;
  readonly reload: () => void;
}

interface Older<T> {
  readonly key: string;
  readonly items: readonly T[];
  readonly hasMore: boolean;
  readonly failure: ApiFailure | null;
  readonly isLoading: boolean;
}

/**
 * A list of the API. The first page is kept up to date; further ones are added when they are asked for.
 * @param load asks for the page after the item with this id; undefined asks for the first one
 */
export function usePages<T extends Item>(
  key: readonly unknown[],
  load: (signal: AbortSignal, after: string | undefined) => Promise<Part<T>>,
  options: QueryOptions = {},
): Pages<T> {
  const first = useQuery(key, (signal) => load(signal, undefined), options);
  const name = JSON.stringify(key);
  const [added, setAdded] = useState<Older<T> | null>(null);
  const older = added?.key === name ? added : null;
  const items = first.data === undefined ? undefined : joined(first.data.data, older?.items ?? []);
  const last = items?.at(-1)?.id;
  const loadMore = useCallback((): void => {
    const before: Older<T> = older ?? { key: name, items: [], hasMore: true, failure: null, isLoading: false };
    setAdded({ ...before, isLoading: true, failure: null });
    load(new AbortController().signal, last).then(
      ({ data, has_more }) =>
        setAdded({ key: name, items: [...before.items, ...data], hasMore: has_more, failure: null, isLoading: false }),
      (thrown: unknown) => setAdded({ ...before, isLoading: false, failure: toFailure(thrown) }),
    );
  }, [older, name, load, last]);
  return {
    items,
    failure: older?.failure ?? first.failure,
    isLoading: first.isLoading,
    hasMore: older?.hasMore ?? first.data?.has_more ?? false,
    isLoadingMore: older?.isLoading ?? false,
    loadMore,
    reload: first.reload,
  };
}

/** New items push others from the first page into what was loaded as the second: none is shown twice. */
function joined<T extends Item>(first: readonly T[], older: readonly T[]): readonly T[] {
  const ids = new Set(first.map(({ id }) => id));
  return [...first, ...older.filter(({ id }) => !ids.has(id))];
}
