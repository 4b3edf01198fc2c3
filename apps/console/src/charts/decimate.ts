/** A curve: `xs` ascending, as many of `ys`; null is a gap. */
export interface Curve {
  readonly xs: ArrayLike<number>;
  readonly ys: ArrayLike<number | null>;
}

/** What is left of a curve. */
export interface Decimated {
  readonly xs: number[];
  readonly ys: (number | null)[];
}

/**
 * What there is to see of a curve between two values of x on so many columns of pixels: of each column the first, lowest, highest and
 * last point, so that no spike is lost; one more on either side, so that the line goes on to the edge.
 *
 * A curve with fewer points stays as it is.
 */
export function decimate({ xs, ys }: Curve, from: number, to: number, columns: number): Decimated {
  const begin = Math.max(0, firstAtLeast(xs, from) - 1);
  const end = Math.min(xs.length, firstAtLeast(xs, to) + 2);
  const result = { xs: [] as number[], ys: [] as (number | null)[] };
  const keep = (index: number): void => {
    result.xs.push(xs[index] ?? 0);
    result.ys.push(ys[index] ?? null);
  };
  if (end - begin <= 4 * columns || !(to > from)) {
    for (let index = begin; index < end; index += 1) keep(index);
    return result;
  }
  const columnOf = (index: number): number => Math.floor((((xs[index] ?? 0) - from) / (to - from)) * columns);
  for (let index = begin; index < end;) {
    const column = columnOf(index);
    const first = index;
    let low = index;
    let high = index;
    for (; index < end && columnOf(index) === column; index += 1) {
      const value = ys[index];
      if (value === null || value === undefined) continue;
      if (value < (ys[low] ?? Infinity)) low = index;
      if (value > (ys[high] ?? -Infinity)) high = index;
    }
    const kept = [...new Set([first, low, high, index - 1])].sort((a, b) => a - b);
    for (const each of kept) keep(each);
  }
  return result;
}

function firstAtLeast(xs: ArrayLike<number>, x: number): number {
  let low = 0;
  let high = xs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((xs[middle] ?? Infinity) < x) low = middle + 1;
    else high = middle;
  }
  return low;
}
