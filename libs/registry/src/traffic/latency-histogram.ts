/** Upper bounds of latencies in milliseconds, each half as large again as the one before: 1 ms to about 75 s. */
const LATENCY_BOUNDS_MS: readonly number[] = Array.from({ length: 28 }, (_, index) => 1.5 ** index * 1.34);

/** A count for every bound, and one for what is beyond the last. */
export function emptyLatencyCounts(): number[] {
  return new Array<number>(LATENCY_BOUNDS_MS.length + 1).fill(0);
}

/** Counts a latency. */
export function countLatency(counts: number[], ms: number): void {
  const place = LATENCY_BOUNDS_MS.findIndex((bound) => ms <= bound);
  const index = place === -1 ? LATENCY_BOUNDS_MS.length : place;
  counts[index] = (counts[index] ?? 0) + 1;
}

/**
 * The latency that a share of all stays below, in milliseconds, between two bounds by their proportion; null without any.
 * @param share 0 to 1: 0.95 for the 95th percentile
 */
export function latencyQuantile(counts: readonly number[], share: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let below = 0;
  for (const [index, count] of counts.entries()) {
    const wanted = share * total - below;
    if (count > 0 && wanted <= count) {
      const upper = LATENCY_BOUNDS_MS[index];
      const lower = LATENCY_BOUNDS_MS[index - 1] ?? 0;
      return upper === undefined ? lower : lower + (upper - lower) * Math.max(0, wanted / count);
    }
    below += count;
  }
  return LATENCY_BOUNDS_MS.at(-1) ?? null;
}
