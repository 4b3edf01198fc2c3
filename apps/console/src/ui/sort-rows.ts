/** By which column, and in which direction. */
export interface Sorting {
  readonly key: string;
  readonly descending: boolean;
}

/** Sorted by a value of each row; rows without one come last in either direction, equal ones stay as they were. */
export function sortRows<Row>(
  rows: readonly Row[],
  valueOf: (row: Row) => number | string | null,
  descending: boolean,
): readonly Row[] {
  const valued = rows.map((row) => ({ row, value: valueOf(row) }));
  const direction = descending ? -1 : 1;
  valued.sort(({ value: a }, { value: b }) => {
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    if (typeof a === 'string' || typeof b === 'string')
      return direction * String(a).localeCompare(String(b), 'en', { numeric: true });
    return direction * (a - b);
  });
  return valued.map(({ row }) => row);
}
