import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SamplingKernel } from './sampling-kernel.js';

/** Numbers that float32 holds exactly, as many as do not fill the kernel's lanes, too; sums of them are exact. */
const anyRow = fc
  .array(fc.tuple(fc.integer({ min: -2000, max: 2000 }), fc.nat(255)), { minLength: 1, maxLength: 50 })
  .map((pairs) => ({ logits: pairs.map(([logit]) => logit / 64), weights: pairs.map(([, weight]) => weight / 256) }));

const threshold = fc.nat(255).map((units) => units / 256);

async function kernelOf({ logits, weights }: { logits: number[]; weights: number[] }): Promise<SamplingKernel> {
  const kernel = await SamplingKernel.create(logits.length);
  kernel.logits.set(logits);
  kernel.weights.set(weights);
  return kernel;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

describe('SamplingKernel', () => {
  it('finds, counts, adds up and keeps what plain loops do, at any length', async () => {
    await fc.assert(
      fc.asyncProperty(anyRow, threshold, threshold, async (row, a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const kernel = await kernelOf(row);
        const { logits, weights } = row;
        expect(kernel.max('logits')).toBe(Math.max(...logits));
        expect(kernel.max('weights')).toBe(Math.max(...weights));
        expect(kernel.sumWeights()).toBe(sum(weights));
        expect(kernel.countAbove('logits', low)).toBe(logits.filter((logit) => logit > low).length);
        expect(kernel.countAbove('weights', low)).toBe(weights.filter((weight) => weight > low).length);
        expect(kernel.sumAbove('weights', low)).toBe(sum(weights.filter((weight) => weight > low)));
        expect(kernel.weightedLogits()).toBe(sum(weights.map((weight, id) => weight * logits[id]!)));
        const between = [...weights.keys()].filter((id) => weights[id]! > low && weights[id]! <= high);
        expect(kernel.collectBetween('weights', low, high)).toBe(between.length);
        expect([...kernel.found.subarray(0, between.length)]).toEqual(between);
        const kept = weights.map((weight) => (weight >= low ? weight : 0));
        expect(kernel.keepFrom('weights', low)).toBe(sum(kept));
        expect([...kernel.weights]).toEqual(kept);
      }),
      { numRuns: 200 },
    );
  });

  it('does not count a banned logit, whose weight is 0, among the weighted ones', async () => {
    const kernel = await kernelOf({ logits: [-Infinity, 2, -1e9, 4], weights: [0, 0.5, 0, 0.25] });
    expect(kernel.weightedLogits()).toBe(2);
  });

  it('raises e to differences of logits within two units in the last place, and to 0 below the range of float32', async () => {
    const logits = Array.from({ length: 4000 }, (_, i) => -i / 46);
    const kernel = await kernelOf({ logits, weights: logits.map(() => 0) });
    for (const scale of [0.5, 1, 2]) {
      const total = kernel.exponentiate(0, scale);
      const exact = Array.from(kernel.logits, (logit) => Math.exp(Math.fround(logit * scale)));
      exact.forEach((e, i) => {
        if (kernel.logits[i]! * scale < -87) expect(kernel.weights[i]).toBe(0);
        else expect(Math.abs(kernel.weights[i]! - e) / e).toBeLessThan(2 ** -22);
      });
      expect(Math.abs(total - sum(exact)) / total).toBeLessThan(1e-6);
    }
  });

  it('compares weights with a center on both sides, and gives those without weight 0', async () => {
    const kernel = await kernelOf({ logits: [0, 0, 0, 0], weights: [0, 0.5, 0.25, 0.125] });
    kernel.compareWeights(0.25);
    expect([...kernel.ratios]).toEqual([0, 0.5, 1, 0.5]);
    expect(kernel.sumAbove('ratios', 0.5)).toBe(0.25);
    expect(kernel.keepFrom('ratios', 0.5)).toBe(0.875);
  });
});
