import { describe, expect, it } from 'vitest';
import { Samples } from './samples.js';

describe('samples', () => {
  it('give percentiles by nearest rank, whatever the order', () => {
    const samples = new Samples();
    for (let value = 5000; value >= 1; value--) samples.add(value);
    expect(samples.size).toBe(5000);
    expect(samples.percentiles()).toEqual({ p50: 2500, p90: 4500, p99: 4950, max: 5000 });
  });

  it('give the only value for each percentile, and NaN where there is none', () => {
    const samples = new Samples();
    expect(samples.percentiles().p50).toBeNaN();
    samples.add(7);
    expect(samples.percentiles()).toEqual({ p50: 7, p90: 7, p99: 7, max: 7 });
  });
});
