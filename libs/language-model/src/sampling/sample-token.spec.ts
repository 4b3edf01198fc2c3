import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { philox, STREAMS, toUnit } from '../model/random.js';
import { TokenSampler, type SamplingParameters } from './sample-token.js';

/** Probabilities in units of 1/UNITS are exact in float32, and so are their sums: a cut-off cannot fall on a rounding error. */
const UNITS = 1024;

/** A distribution with zeros and equal values. */
const distribution = fc
  .array(fc.nat(UNITS), { minLength: 1, maxLength: 40 })
  .map((cuts) =>
    [0, ...cuts.sort((a, b) => a - b), UNITS]
      .slice(1)
      .map((cut, i, all) => (cut - (i === 0 ? 0 : all[i - 1]!)) / UNITS),
  );

const settings = fc.record({
  temperature: fc.constant(1),
  topP: fc.oneof(
    fc.constant(1),
    fc.nat(UNITS).map((units) => units / UNITS),
  ),
  topK: fc.oneof(fc.constant(0), fc.nat(45)),
});

/** What may be drawn and how often, by the definition: sort, keep the first k, keep those that reach p, scale to 1. */
function definition(
  probabilities: readonly number[],
  { temperature, topP, topK }: SamplingParameters,
): Map<number, number> {
  const sorted = probabilities
    .map((p, id) => ({ p, id }))
    .filter(({ p }) => p > 0)
    .sort((a, b) => b.p - a.p || a.id - b.id);
  const first = sorted.slice(0, temperature === 0 ? 1 : topK || sorted.length);
  const whole = first.reduce((sum, { p }) => sum + p, 0);
  const kept: typeof first = [];
  let reached = 0;
  for (const token of first) {
    if (kept.length > 0 && reached >= topP * whole) break;
    kept.push(token);
    reached += token.p;
  }
  return new Map(kept.map(({ p, id }) => [id, p / reached]));
}

/** How often each token comes for evenly spaced draws. */
function countDraws(
  probabilities: readonly number[],
  parameters: SamplingParameters,
  draws: number,
): Map<number, number> {
  const sampler = new TokenSampler(probabilities.length);
  // The row stands between others, which must not matter.
  const row = Float32Array.from([9, 9, ...probabilities, 9]);
  const counts = new Map<number, number>();
  for (let i = 0; i < draws; i++) {
    const id = sampler.sample(row, 2, parameters, (i + 0.5) / draws);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

describe('TokenSampler', () => {
  it('gives every token exactly its share of the draws that the definition says, and no other token any', () => {
    const draws = 512;
    fc.assert(
      fc.property(distribution, settings, (probabilities, parameters) => {
        const expected = definition(probabilities, parameters);
        const counts = countDraws(probabilities, parameters, draws);
        for (const id of counts.keys()) expect(expected.has(id), `token ${id}`).toBe(true);
        // Each token owns an interval of the draws, so its count is off by less than one at each end.
        for (const [id, share] of expected) expect(Math.abs((counts.get(id) ?? 0) - draws * share)).toBeLessThan(1.01);
      }),
      { numRuns: 400 },
    );
  });

  it.each<[string, SamplingParameters]>([
    ['the plain distribution', { temperature: 1, topP: 1, topK: 0 }],
    ['top-k', { temperature: 1, topP: 1, topK: 12 }],
    ['top-k with a k beyond the first threshold', { temperature: 1, topP: 1, topK: 300 }],
    ['top-p', { temperature: 1, topP: 0.7, topK: 0 }],
    ['top-p and top-k', { temperature: 1, topP: 0.8, topK: 50 }],
  ])('draws from %s: chi-square goodness of fit', (_name, parameters) => {
    const weights = Array.from({ length: 1000 }, (_token, id) => (id === 0 ? 0 : 1 / (id + 3) + (id % 7) / 1000));
    const sum = weights.reduce((a, b) => a + b);
    const probabilities = Float32Array.from(weights, (weight) => weight / sum);
    const expected = definition([...probabilities], parameters);
    const sampler = new TokenSampler(probabilities.length);
    const draws = 60_000;
    const counts = new Map<number, number>();
    for (let i = 0; i < draws; i++) {
      const [high, low] = philox(1, 2, i, 0, STREAMS.sampling);
      const id = sampler.sample(probabilities, 0, parameters, toUnit(high, low));
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    for (const id of counts.keys()) expect(expected.has(id), `token ${id}`).toBe(true);
    let statistic = 0;
    for (const [id, share] of expected) statistic += ((counts.get(id) ?? 0) - draws * share) ** 2 / (draws * share);
    // Mean k - 1, variance 2 (k - 1): four standard deviations, for a fixed seed.
    const freedom = expected.size - 1;
    expect(freedom).toBeGreaterThan(5);
    expect(Math.abs(statistic - freedom) / Math.sqrt(2 * freedom)).toBeLessThan(4);
  });

  it.each<[string, SamplingParameters]>([
    ['temperature 0', { temperature: 0, topP: 1, topK: 0 }],
    ['temperature 0 with cut-offs', { temperature: 0, topP: 0.5, topK: 3 }],
    ['top-k 1', { temperature: 1, topP: 1, topK: 1 }],
    ['top-p 0', { temperature: 1, topP: 0, topK: 0 }],
    ['top-p 0 with top-k', { temperature: 1, topP: 0, topK: 5 }],
    ['a top-p that no sum can resolve', { temperature: 1, topP: Number.MIN_VALUE, topK: 0 }],
  ])('takes the most probable token, the first of equals, with %s', (_name, parameters) => {
    expect([...countDraws([0, 0.125, 0.375, 0.125, 0.375], parameters, 64)]).toEqual([[2, 64]]);
    // No token is as probable as the first threshold of the search.
    const flat = Array.from({ length: 2000 }, (_token, id) => (id === 700 ? 2 : 1) / 2001);
    expect([...countDraws(flat, parameters, 16)]).toEqual([[700, 16]]);
  });

  it('draws a token with a probability when rounding left their sum below the draw', () => {
    const sampler = new TokenSampler(4);
    const probabilities = Float32Array.of(0, 0.5, 0.4375, 0);
    for (const [topP, topK] of [
      [1, 0],
      [1, 3],
      [0.99, 0],
      [0.99, 2],
    ] as const) {
      expect(sampler.sample(probabilities, 0, { temperature: 1, topP, topK }, 1 - 2 ** -53)).toBe(2);
    }
  });
});
