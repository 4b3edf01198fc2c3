import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countLatency, emptyLatencyCounts, latencyQuantile } from './latency-histogram.js';

describe('the histogram of latencies', () => {
  it('says nothing without a request', () => {
    expect(latencyQuantile(emptyLatencyCounts(), 0.5)).toBeNull();
  });

  it('finds every quantile within half of its value', () => {
    const latency = fc.double({ min: 2, max: 60_000, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(latency, { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (all, share) => {
          const counts = emptyLatencyCounts();
          for (const ms of all) countLatency(counts, ms);
          const sorted = all.toSorted((a, b) => a - b);
          const exact = sorted[Math.max(0, Math.ceil(share * all.length - 1e-9) - 1)] ?? NaN;
          const found = latencyQuantile(counts, share) ?? NaN;
          expect(found).toBeGreaterThanOrEqual(exact / 1.51);
          expect(found).toBeLessThanOrEqual(exact * 1.51);
        },
      ),
    );
  });
});
