import { describe, expect, it } from 'vitest';
import { countLatency, emptyLatencyCounts } from '#registry/traffic';
import { summarizeTraffic } from './summarize-traffic.js';

const NOW = new Date('2026-11-22T12:00:10Z');
const SINCE = new Date('2026-11-22T11:58:00Z');

function slice(at: string, requests: number, failed = 0) {
  const latencyCounts = emptyLatencyCounts();
  for (let index = 0; index < requests - failed; index += 1) countLatency(latencyCounts, 20);
  return {
    startedAt: new Date(at),
    requests,
    failed,
    cancelled: 0,
    promptTokens: 10 * requests,
    completionTokens: 30 * requests,
    latencyCounts,
  };
}

describe('the summary of traffic', () => {
  it('has a point for every slice that is over, also where nothing was asked', () => {
    const { points } = summarizeTraffic([slice('2026-11-22T11:59:30Z', 30)], SINCE, NOW);
    expect(points.map(({ requestsPerSecond }) => requestsPerSecond)).toEqual([0, 0, 0, 0, 0, 0, 2, 0]);
    expect(points.map(({ p50Ms }) => p50Ms === null)).toEqual([true, true, true, true, true, true, false, true]);
  });

  it('counts what is under way by the time that has passed', () => {
    const slices = [slice('2026-11-22T11:59:30Z', 30, 3), slice('2026-11-22T12:00:00Z', 40)];
    const { recent } = summarizeTraffic(slices, SINCE, NOW);
    expect(recent).toMatchObject({ windowMs: 70_000, requestsPerSecond: 1, completionTokensPerSecond: 30 });
    expect(recent.failedShare).toBeCloseTo(3 / 70, 12);
  });

  it('says nothing of latency and failures without a request', () => {
    expect(summarizeTraffic([], SINCE, NOW).recent).toMatchObject({
      requestsPerSecond: 0,
      failedShare: null,
      p95Ms: null,
    });
  });
});
