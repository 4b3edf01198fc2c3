import { describe, expect, it } from 'vitest';
import { sortRows } from './sort-rows.js';

describe('sorting of rows', () => {
  const numbers = [3, null, 1, 2];

  it.each([
    [false, [1, 2, 3, null]],
    [true, [3, 2, 1, null]],
  ])('leaves rows without a value at the end (descending: %s)', (descending, wanted) => {
    expect(sortRows(numbers, (value) => value, descending)).toEqual(wanted);
  });

  it('takes numbers inside of names for numbers', () => {
    expect(sortRows(['run-10', 'run-9'], (value) => value, false)).toEqual(['run-9', 'run-10']);
  });

  it('keeps the order of equals', () => {
    const rows = [
      { name: 'a', n: 1 },
      { name: 'b', n: 1 },
    ];
    expect(sortRows(rows, ({ n }) => n, true)).toEqual(rows);
  });
});
