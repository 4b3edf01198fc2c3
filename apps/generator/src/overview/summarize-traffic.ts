import { emptyLatencyCounts, latencyQuantile, SLICE_MS, type TrafficCounts } from '#registry/traffic';

/** What was answered in a time, per second. */
export interface TrafficRates {
  readonly requestsPerSecond: number;
  readonly promptTokensPerSecond: number;
  readonly completionTokensPerSecond: number;
  /** Of the requests; null without one. */
  readonly failedShare: number | null;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
}

/** A slice of time and what all replicas answered in it. */
type Slice = TrafficCounts & { readonly startedAt: Date };

/** Traffic of the last minute, and of each slice before. */
export interface TrafficSummary {
  readonly recent: TrafficRates & { readonly windowMs: number };
  readonly points: readonly (TrafficRates & { readonly startedAt: Date })[];
}

const RECENT_SLICES = 4;

/**
 * Rates of each slice since `since`, those without a request included, and of the newest ones together. The slice that is under way
 * counts for the newest ones only, by the part of it that has passed.
 */
export function summarizeTraffic(slices: readonly Slice[], since: Date, now: Date): TrafficSummary {
  const bySlice = new Map(slices.map((slice) => [slice.startedAt.getTime(), slice]));
  const currentMs = Math.floor(now.getTime() / SLICE_MS) * SLICE_MS;
  const points: (TrafficRates & { startedAt: Date })[] = [];
  for (let at = Math.ceil(since.getTime() / SLICE_MS) * SLICE_MS; at < currentMs; at += SLICE_MS) {
    const slice = bySlice.get(at);
    points.push({ startedAt: new Date(at), ...rates(slice === undefined ? [] : [slice], SLICE_MS) });
  }
  const fromMs = currentMs - RECENT_SLICES * SLICE_MS;
  const recent = slices.filter(({ startedAt }) => startedAt.getTime() >= fromMs);
  const windowMs = Math.max(SLICE_MS, now.getTime() - fromMs);
  return { recent: { windowMs, ...rates(recent, windowMs) }, points };
}

function rates(slices: readonly TrafficCounts[], spanMs: number): TrafficRates {
  const sum = (read: (slice: TrafficCounts) => number): number => slices.reduce((total, each) => total + read(each), 0);
  const perSecond = (total: number): number => (1000 * total) / spanMs;
  const requests = sum((slice) => slice.requests);
  const latencies = emptyLatencyCounts().map((_, index) => sum(({ latencyCounts }) => latencyCounts[index] ?? 0));
  return {
    requestsPerSecond: perSecond(requests),
    promptTokensPerSecond: perSecond(sum((slice) => slice.promptTokens)),
    completionTokensPerSecond: perSecond(sum((slice) => slice.completionTokens)),
    failedShare: requests === 0 ? null : sum((slice) => slice.failed) / requests,
    p50Ms: latencyQuantile(latencies, 0.5),
    p95Ms: latencyQuantile(latencies, 0.95),
  };
}
