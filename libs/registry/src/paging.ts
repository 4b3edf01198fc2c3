import { CodedError } from '#errors';
import type { Page, PageRequest } from './records.js';

const DEFAULT_LIMIT = 20;
const MAXIMUM_LIMIT = 100;

/** The part of a query that picks a page: one row more than is wanted tells whether there are more. */
export interface PageArguments<Id> {
  readonly take: number;
  readonly skip?: number;
  readonly cursor?: { readonly id: Id };
}

/**
 * Turns a page request into arguments of a query.
 *
 * @throws invalid_value when `limit` is not a whole number from 1 to 100
 */
export function pageArguments<Id = string>(request: PageRequest, toId: (id: string) => Id): PageArguments<Id> {
  const take = checkLimit(request.limit) + 1;
  return request.after === undefined ? { take } : { take, skip: 1, cursor: { id: toId(request.after) } };
}

/** For ids that are stored as they are shown. */
export function sameId(id: string): string {
  return id;
}

/**
 * For ids that are numbers in the database and shown with a prefix, such as `ftevent-12`.
 *
 * @throws invalid_value when the text is not such an id
 */
export function numberedId(prefix: string): (id: string) => bigint {
  return (id) => {
    const digits = id.startsWith(prefix) ? id.slice(prefix.length) : '';
    if (!/^\d{1,18}$/.test(digits)) throw unknownCursor(id);
    return BigInt(digits);
  };
}

/**
 * Makes a page of the rows that a query with {@link pageArguments} found.
 *
 * @throws invalid_value when `after` names nothing: such a list would look finished
 */
export async function toPage<Row, T>(
  request: PageRequest,
  rows: readonly Row[],
  toRecord: (row: Row) => T,
  exists: (id: string) => Promise<boolean>,
): Promise<Page<T>> {
  const limit = checkLimit(request.limit);
  if (rows.length === 0 && request.after !== undefined && !(await exists(request.after))) {
    throw unknownCursor(request.after);
  }
  return { items: rows.slice(0, limit).map(toRecord), hasMore: rows.length > limit };
}

/** How many items a page has. @throws invalid_value unless `limit` is a whole number from 1 to 100 */
export function checkLimit(limit = DEFAULT_LIMIT): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAXIMUM_LIMIT) return limit;
  throw new CodedError('invalid_value', `limit must be a whole number from 1 to ${MAXIMUM_LIMIT}; got ${limit}.`, {
    param: 'limit',
  });
}

/** Error for an `after` that names nothing. */
export function unknownCursor(after: string): CodedError {
  return new CodedError(
    'invalid_value',
    `after must be the id of the last item of the page before; got ${JSON.stringify(after)}, which does not exist.`,
    { param: 'after' },
  );
}
