import type { ReactNode } from 'react';
import type { ApiFailure } from '../api/api-failure.js';
import { Failure, Skeleton } from './states.js';

/** What {@link Resource} needs to know of a query. */
interface Loadable<T> {
  readonly data: T | undefined;
  readonly failure: ApiFailure | null;
  readonly reload: () => void;
}

interface ResourceProps<T> {
  readonly of: Loadable<T>;
  /** Shown instead of the children when `isEmpty` says so. */
  readonly empty?: ReactNode;
  readonly isEmpty?: (data: T) => boolean;
  /** How many lines stand for it while it loads. */
  readonly skeleton?: number;
  readonly children: (data: T) => ReactNode;
}

/** Something that is loaded, in whatever state it is; what was there before stays when asking again fails. */
export function Resource<T>({ of: query, empty, isEmpty, skeleton, children }: ResourceProps<T>): ReactNode {
  const { data, failure, reload } = query;
  const trouble = failure !== null && <Failure of={failure} onRetry={reload} />;
  if (data === undefined) return trouble === false ? <Skeleton {...(skeleton && { lines: skeleton })} /> : trouble;
  return (
    <>
      {trouble}
      {empty !== undefined && (isEmpty ?? isEmptyList)(data) ? empty : children(data)}
    </>
  );
}

function isEmptyList(data: unknown): boolean {
  if (Array.isArray(data)) return data.length === 0;
  return typeof data === 'object' && data !== null && 'data' in data && isEmptyList(data.data);
}
