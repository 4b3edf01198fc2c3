/** Where a cut through descending probabilities falls: everything above `threshold` is kept, and the first `ties` of those equal to it. */
export interface CutOff {
  readonly threshold: number;
  readonly ties: number;
}

/**
 * Finds the shortest run of the largest values whose weights reach a target, without sorting: partitions around a pivot and
 * goes on in the part where the target is reached. Expected time is linear. The values are reordered.
 * @param by what a value weighs: 1 (`count`, for top-k) or itself (`mass`, for top-p)
 * @param target above 0
 */
export function findCutOff(values: Float32Array, by: 'count' | 'mass', target: number): CutOff {
  let low = 0;
  let high = values.length;
  let needed = target;
  while (low < high) {
    const pivot = medianOfThree(values[low]!, values[(low + high) >> 1]!, values[high - 1]!);
    const [equalFrom, smallerFrom] = partition(values, low, high, pivot);
    let above = equalFrom - low;
    if (by === 'mass') {
      above = 0;
      for (let i = low; i < equalFrom; i++) above += values[i]!;
    }
    if (above >= needed) {
      high = equalFrom;
      continue;
    }
    const weight = by === 'mass' ? pivot : 1;
    const equals = smallerFrom - equalFrom;
    if (above + weight * equals >= needed)
      return { threshold: pivot, ties: Math.max(1, Math.ceil((needed - above) / weight)) };
    needed -= above + weight * equals;
    low = smallerFrom;
  }
  return { threshold: 0, ties: 0 };
}

/** Larger values first, then those equal to the pivot, then smaller ones; returns where the latter two begin. */
function partition(values: Float32Array, low: number, high: number, pivot: number): [number, number] {
  let larger = low;
  let next = low;
  let smaller = high;
  while (next < smaller) {
    const value = values[next]!;
    if (value > pivot) {
      values[next++] = values[larger]!;
      values[larger++] = value;
    } else if (value < pivot) {
      values[next] = values[--smaller]!;
      values[smaller] = value;
    } else next++;
  }
  return [larger, smaller];
}

function medianOfThree(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
