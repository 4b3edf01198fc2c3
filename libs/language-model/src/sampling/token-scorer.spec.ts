import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenScorer } from './token-scorer.js';

/** Logits with equal ones among them; the first is what `<unk>` has. */
const anyLogits = fc
  .array(fc.integer({ min: -3000, max: 3000 }), { minLength: 1, maxLength: 70 })
  .map((units) => [-1e9, ...units.map((unit) => unit / 64)]);

describe('TokenScorer', () => {
  it('gives log-softmax, and the most probable tokens in order, the first of equals first', async () => {
    await fc.assert(
      fc.asyncProperty(anyLogits, fc.nat(12), async (logits, count) => {
        const scorer = await TokenScorer.create(logits.length);
        // The row stands between others, which must not matter.
        const { top, logOfSum } = scorer.score(Float32Array.from([99, 99, 99, ...logits, 99]), 3, count);
        const max = Math.max(...logits);
        const exact = max + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - max), 0));
        expect(Math.abs(logOfSum - exact)).toBeLessThan(1e-5);
        const sorted = logits.map((logit, id) => ({ logit, id })).sort((a, b) => b.logit - a.logit || a.id - b.id);
        const possible = sorted.slice(0, -1); // all but <unk>
        expect(top.map(({ id }) => id)).toEqual(possible.slice(0, count).map(({ id }) => id));
        for (const { id, logprob } of top) expect(logprob).toBe(logits[id]! - logOfSum);
      }),
      { numRuns: 300 },
    );
  });

  it('agrees with double precision on 10,000 logits of a trained size', async () => {
    const logits = Float32Array.from({ length: 10_000 }, (_, id) =>
      id === 0 ? -1e9 : 12 * Math.sin(id * id) - id / 2000,
    );
    const scorer = await TokenScorer.create(logits.length);
    const exact = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
    expect(Math.abs(scorer.score(logits, 0, 5).logOfSum - exact)).toBeLessThan(2e-7 * exact);
  });
});
