import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  betsOnFewerEvents,
  betsOnMoreEvents,
  betsOnNotWorse,
  betsOnOtherShares,
  betsOnWorse,
  type LogFactors,
} from './bets.js';

const share = fc.double({ min: 0.001, max: 0.999, noNaN: true });
const margin = fc.double({ min: 0, max: 5, noNaN: true });
const smallMargin = fc.double({ min: 0, max: 0.9, noNaN: true });
const unit = fc.double({ min: 0, max: 1, noNaN: true });

/** Mean factor of each bet when the first outcome has this probability. */
function expected(probability: number, first: LogFactors, second: LogFactors): number[] {
  return first.map((log, i) => probability * Math.exp(log) + (1 - probability) * Math.exp(second[i]!));
}

describe('bets on the loss', () => {
  it('are 1 + l (x - d) with stakes up to 95% of the largest', () => {
    const factors = betsOnWorse(0.5, 0.25).map(Math.exp);
    expect(factors[0]).toBeCloseTo(1 + (0.95 / 1.25) * 0.25, 12);
    expect(factors[1]).toBeCloseTo(1 + (0.475 / 1.25) * 0.25, 12);
    expect(betsOnNotWorse(0.5, 0.25).map(Math.exp)[0]).toBeCloseTo(1 - (0.95 / 0.75) * 0.25, 12);
  });

  it('never lose everything, whatever comes', () => {
    fc.assert(
      fc.property(smallMargin, fc.constantFrom(-1, 0, 1), (d, x) => {
        expect([...betsOnWorse(x, d), ...betsOnNotWorse(x, d)].every(Number.isFinite)).toBe(true);
      }),
    );
  });

  it('gain nothing on average as long as the mean is within the margin', () => {
    fc.assert(
      fc.property(unit, unit, smallMargin, (low, high, d) => {
        // Two outcomes, -low and high, weighted so that their mean is at most d.
        const probability = high + low === 0 ? 0 : Math.min(1, (Math.min(d, high) + low) / (high + low));
        for (const mean of expected(probability, betsOnWorse(high, d), betsOnWorse(-low, d))) {
          expect(mean).toBeLessThanOrEqual(1 + 1e-12);
        }
      }),
    );
  });

  it('that it is no worse gain nothing on average while the mean is beyond the margin', () => {
    fc.assert(
      fc.property(unit, unit, smallMargin, (low, above, d) => {
        const high = d + above * (1 - d);
        const probability = high + low === 0 ? 1 : (d + low) / (high + low);
        for (const mean of expected(probability, betsOnNotWorse(high, d), betsOnNotWorse(-low, d))) {
          expect(mean).toBeLessThanOrEqual(1 + 1e-12);
        }
      }),
    );
  });
});

describe('bets on bad events', () => {
  it('are ratios of likelihoods: at equal shares, an event of the candidate says 2 r / (1 + r)', () => {
    const ratios = [1.25, 1.5, 2, 3, 5, 10, 30];
    for (const [i, ratio] of ratios.entries()) {
      expect(Math.exp(betsOnMoreEvents(true, 0.5, 0)[i]!)).toBeCloseTo((2 * ratio) / (1 + ratio), 12);
      expect(Math.exp(betsOnMoreEvents(false, 0.5, 0)[i]!)).toBeCloseTo(2 / (1 + ratio), 12);
      expect(Math.exp(betsOnFewerEvents(false, 0.5, 0)[i]!)).toBeCloseTo((2 * ratio) / (1 + ratio), 12);
    }
  });

  it('gain nothing on average while the rates are within the margin, at any share', () => {
    fc.assert(
      fc.property(share, margin, unit, (p, d, part) => {
        const ratio = part * (1 + d);
        const probability = (ratio * p) / (ratio * p + 1 - p);
        for (const mean of expected(probability, betsOnMoreEvents(true, p, d), betsOnMoreEvents(false, p, d))) {
          expect(mean).toBeLessThanOrEqual(1 + 1e-9);
        }
      }),
    );
  });

  it('that they are fewer gain nothing on average while the rates are beyond the margin', () => {
    fc.assert(
      fc.property(share, margin, fc.double({ min: 1, max: 50, noNaN: true }), (p, d, times) => {
        const ratio = times * (1 + d);
        const probability = (ratio * p) / (ratio * p + 1 - p);
        for (const mean of expected(probability, betsOnFewerEvents(true, p, d), betsOnFewerEvents(false, p, d))) {
          expect(mean).toBeLessThanOrEqual(1 + 1e-9);
        }
      }),
    );
  });

  it('against the shares gain nothing and lose nothing on average while arms are drawn as written down', () => {
    fc.assert(
      fc.property(share, (p) => {
        for (const mean of expected(p, betsOnOtherShares(true, p, 1), betsOnOtherShares(false, p, 1))) {
          expect(mean).toBeCloseTo(1, 9);
        }
      }),
    );
  });

  it('count requests of one arm together as one by one', () => {
    const one = betsOnOtherShares(true, 0.25, 1);
    expect(betsOnOtherShares(true, 0.25, 3)).toEqual(one.map((log) => 3 * log));
  });
});
