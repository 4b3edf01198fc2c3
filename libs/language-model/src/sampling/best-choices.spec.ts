import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bestChoices } from './best-choices.js';

describe('bestChoices', () => {
  it('prefers the higher mean, not the higher sum, and the first of equals', () => {
    const choices = [
      { logprobSum: -8, tokens: 4 },
      { logprobSum: -3, tokens: 1 },
      { logprobSum: -9, tokens: 9 },
      { logprobSum: -2, tokens: 1 },
    ];
    expect(bestChoices(choices, 4)).toEqual([2, 0, 3, 1]);
    expect(bestChoices(choices, 2)).toEqual([2, 0]);
  });

  it('keeps the order of texts without tokens', () => {
    const empty = { logprobSum: 0, tokens: 0 };
    expect(bestChoices([empty, empty, empty], 2)).toEqual([0, 1]);
  });

  it('leaves out no text that is better than one it returns', () => {
    const choice = fc.record({ logprobSum: fc.integer({ min: -50, max: 0 }), tokens: fc.integer({ min: 1, max: 5 }) });
    fc.assert(
      fc.property(fc.array(choice, { minLength: 1, maxLength: 20 }), fc.nat(20), (choices, count) => {
        const best = bestChoices(choices, count);
        const mean = (index: number): number => choices[index]!.logprobSum / choices[index]!.tokens;
        const worst = Math.min(...best.map(mean));
        const others = [...choices.keys()].filter((index) => !best.includes(index));
        expect(best).toHaveLength(Math.min(count, choices.length));
        for (const other of others) expect(mean(other)).toBeLessThanOrEqual(worst);
      }),
    );
  });
});
