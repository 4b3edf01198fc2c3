import type { Curve } from './decimate.js';

/** The value of the point that is nearest in x; the last one for null. Gaps are passed over. */
export function valueAt({ xs, ys }: Curve, x: number | null): number | null {
  if (x === null) return lastBefore(ys, ys.length);
  let low = 0;
  let high = xs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((xs[middle] ?? Infinity) < x) low = middle + 1;
    else high = middle;
  }
  const isBelowNearer = low > 0 && x - (xs[low - 1] ?? x) < (xs[low] ?? Infinity) - x;
  const nearest = isBelowNearer ? low - 1 : low;
  return ys[nearest] ?? lastBefore(ys, nearest);
}

function lastBefore(ys: ArrayLike<number | null>, end: number): number | null {
  for (let index = Math.min(end, ys.length) - 1; index >= 0; index -= 1) {
    const value = ys[index];
    if (value !== null && value !== undefined) return value;
  }
  return null;
}
