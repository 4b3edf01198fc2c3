import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { METRIC_NAMES, isPaired } from '../metrics.js';
import type { Observation } from '../observation.js';
import { parsePolicy } from '../policy/parse-policy.js';
import { foldObservation } from './fold-observation.js';
import { initialState, type ReleaseStatistics } from './release-statistics.js';

const POLICY = parsePolicy({ metrics: { paired_loss: { margin: 0.25, block: 1, scale: 1 }, errors: { margin: 0 } } });
const WATCH = POLICY.stages.length;
const TEXT: Observation = {
  metric: 'paired_loss',
  arm: 'both',
  share: 0,
  value: 0.5,
  firstOfClient: true,
  atMs: 0,
  stageIndex: 0,
};
const ERROR: Observation = { ...TEXT, metric: 'errors', arm: 'candidate', share: 0.5, value: 1, stageIndex: 4 };
const REQUESTS: Observation = { ...ERROR, metric: 'requests', value: 10 };

const fold = (observations: readonly Observation[], policy = POLICY): ReleaseStatistics =>
  observations.reduce((statistics, observation) => foldObservation(policy, statistics, observation), initialState());

const anyObservation: fc.Arbitrary<Observation> = fc.record({
  metric: fc.constantFrom('requests' as const, ...METRIC_NAMES),
  arm: fc.constantFrom('candidate' as const, 'incumbent' as const, 'both' as const),
  share: fc.oneof(fc.constantFrom(0, 0.01, 0.5, 1), fc.double({ min: 0, max: 1, noNaN: true })),
  value: fc.oneof(fc.integer({ min: -5, max: 5 }), fc.double()),
  firstOfClient: fc.boolean(),
  atMs: fc.integer({ min: 0, max: 1e12 }),
  stageIndex: fc.integer({ min: 0, max: WATCH }),
});

describe('foldObservation', () => {
  it('multiplies the wealth of each bet, as by hand', () => {
    const { paired_loss: loss } = fold([TEXT, { ...TEXT, value: -0.25 }]).metrics;
    // Stake 0.95 / 1.25 on x - 0.25: factors 1.19 and 0.62; against it, stake 0.95 / 0.75: 0.6833 and 1.6333.
    expect(Math.exp(loss.rollback[0]!)).toBeCloseTo(1.19 * 0.62, 12);
    expect(Math.exp(loss.promotion[0]!)).toBeCloseTo((1 - 0.95 / 3) * (1 + (0.95 * 2) / 3), 12);
    expect(loss.before).toEqual({ n: 2, candidates: 0, sum: 0.25 });
  });

  it('keeps the largest mean wealth there has been', () => {
    const once = fold([{ ...TEXT, value: 1 }]).metrics.paired_loss;
    const then = fold([
      { ...TEXT, value: 1 },
      { ...TEXT, value: -1 },
    ]).metrics.paired_loss;
    expect(once.rollbackPeak).toBeGreaterThan(0);
    expect(then.rollbackPeak).toBe(once.rollbackPeak);
    expect(fold([{ ...TEXT, value: -1 }]).metrics.paired_loss.rollbackPeak).toBe(0);
  });

  it('cuts a difference at the scale, and takes a loss that is not a number for the worst', () => {
    const cut = fold([{ ...TEXT, value: 1 }]);
    expect(fold([{ ...TEXT, value: 7 }])).toEqual(cut);
    expect(fold([{ ...TEXT, value: Infinity }])).toEqual(cut);
    expect(fold([{ ...TEXT, value: NaN }])).toEqual({ ...initialState(), observations: 1, ignored: 1 });
  });

  it('bets on the mean of a block where texts go together, and on nothing before it is complete', () => {
    const blocks = parsePolicy({
      ...POLICY,
      metrics: { ...POLICY.metrics, paired_loss: { margin: 0.25, scale: 1, block: 3 } },
    });
    const two = fold([TEXT, TEXT], blocks).metrics.paired_loss;
    expect(two).toEqual({ ...initialState().metrics.paired_loss, block: { n: 2, sum: 1 } });
    const three = fold([TEXT, TEXT, { ...TEXT, value: 2.5 }], blocks).metrics.paired_loss;
    // Their mean of 3.5 / 3 is cut; a single text is cut at three.
    expect(three).toEqual({
      ...fold([{ ...TEXT, value: 1 }]).metrics.paired_loss,
      before: { n: 3, candidates: 0, sum: 3 },
    });
    expect(fold([{ ...TEXT, value: Infinity }, TEXT], blocks).metrics.paired_loss.block).toEqual({ n: 2, sum: 3.5 });
    expect(fold([TEXT, TEXT, TEXT], blocks).stage.observations.paired_loss).toBe(3);
  });

  it('takes each event at the share of its own draw', () => {
    const { errors } = fold([ERROR, { ...ERROR, share: 0.01 }, { ...ERROR, arm: 'incumbent' }]).metrics;
    expect(errors.before.n).toBe(3);
    expect(errors.before.candidates).toBe(2);
    expect(errors.before.sum).toBeCloseTo(0.5 + 0.99 - 0.5, 12);
    // At three times the rate: 3 / 2, 3 / (0.99 + 0.03), 1 / 2.
    expect(Math.exp(errors.rollback[3]!)).toBeCloseTo((1.5 * (3 / 1.02)) / 2, 12);
  });

  it.each<[string, Observation]>([
    ['an event whose arm was not drawn', { ...ERROR, share: 1 }],
    ['an event of no arm', { ...ERROR, arm: 'both' }],
    ['requests at no share', { ...REQUESTS, share: 0 }],
    ['no requests', { ...REQUESTS, value: 0 }],
    ['half a request', { ...REQUESTS, value: 0.5 }],
  ])('ignores %s', (_name, observation) => {
    expect(fold([observation])).toEqual({ ...initialState(), observations: 1, ignored: 1 });
  });

  it('counts a client once where clients are the unit, and every request otherwise', () => {
    const again = { ...ERROR, firstOfClient: false };
    expect(fold([ERROR, again]).metrics.errors.before.n).toBe(2);
    const byClient = fold([ERROR, again], { ...POLICY, unit: 'client' });
    expect(byClient.metrics.errors).toEqual(fold([ERROR]).metrics.errors);
    expect(byClient.ignored).toBe(1);
  });

  it('adds up requests by arm, and what the candidate had beyond its share', () => {
    const { requests, stage } = fold([REQUESTS, { ...REQUESTS, arm: 'incumbent', value: 4 }]);
    expect(requests).toMatchObject({ n: 14, candidates: 10, sum: 3 });
    expect(stage).toMatchObject({ index: 4, candidateRequests: 10 });
  });

  it('counts by stage, and lets one that comes late not go back', () => {
    const { stage, metrics } = fold([TEXT, TEXT, { ...TEXT, stageIndex: 1 }, TEXT]);
    expect(stage.index).toBe(1);
    expect(stage.observations.paired_loss).toBe(1);
    expect(metrics.paired_loss.before.n).toBe(4);
  });

  it('begins anew at every observation of the watch: after n of them that say nothing, the detector is n', () => {
    const watched = { ...TEXT, value: 0.25, stageIndex: WATCH };
    const { paired_loss: loss } = fold([TEXT, ...new Array<Observation>(5).fill(watched)]).metrics;
    expect(loss.before.n).toBe(1);
    expect(loss.watch.n).toBe(5);
    expect(Math.exp(loss.watchPeak)).toBeCloseTo(5, 12);
    // With one more factor f: (5 + 1) f.
    const more = fold([...new Array<Observation>(5).fill(watched), { ...watched, value: 1 }]).metrics.paired_loss;
    expect(Math.expm1(more.detectors[0]!)).toBeCloseTo(6 * (1 + (0.95 / 1.25) * 0.75), 9);
  });

  it('gives the same bits when the statistics are stored as JSON in between', () => {
    fc.assert(
      fc.property(fc.array(anyObservation, { maxLength: 60 }), fc.nat(60), (observations, cut) => {
        const first = fold(observations.slice(0, cut));
        const stored = JSON.parse(JSON.stringify(first)) as ReleaseStatistics;
        expect(stored).toStrictEqual(first);
        const resumed = observations
          .slice(cut)
          .reduce((statistics, observation) => foldObservation(POLICY, statistics, observation), stored);
        expect(resumed).toStrictEqual(fold(observations));
      }),
    );
  });

  it('stays finite and counts everything, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(anyObservation, { maxLength: 60 }), (observations) => {
        const { metrics, requests, ...statistics } = fold(observations);
        const logs = METRIC_NAMES.flatMap((name) => [
          ...metrics[name].rollback,
          ...metrics[name].promotion,
          ...metrics[name].detectors,
          metrics[name].rollbackPeak,
          metrics[name].watchPeak,
          metrics[name].block.sum,
          metrics[name].before.sum,
          metrics[name].watch.sum,
        ]);
        expect([...logs, ...requests.shares, requests.sharesPeak].every(Number.isFinite)).toBe(true);
        const folded = METRIC_NAMES.reduce((sum, name) => sum + metrics[name].before.n + metrics[name].watch.n, 0);
        const ofRequests = observations.filter(({ metric }) => metric === 'requests').length;
        expect(statistics.observations).toBe(observations.length);
        expect(folded).toBeLessThanOrEqual(observations.length - statistics.ignored);
        expect(folded).toBeGreaterThanOrEqual(observations.length - statistics.ignored - ofRequests);
      }),
    );
  });

  it('finds the same wealth for texts in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { maxLength: 30 }), (values) => {
        const texts = values.map((value) => ({ ...TEXT, value }));
        const [there, back] = [fold(texts), fold([...texts].reverse())];
        for (const [i, log] of there.metrics.paired_loss.rollback.entries()) {
          expect(log).toBeCloseTo(back.metrics.paired_loss.rollback[i]!, 9);
        }
      }),
    );
  });

  it('leaves the other metrics alone', () => {
    const { metrics } = fold([TEXT]);
    for (const name of METRIC_NAMES.filter((other) => other !== 'paired_loss')) {
      expect(metrics[name]).toEqual(initialState().metrics[name]);
      expect(metrics[name].rollback).toHaveLength(isPaired(name) ? 8 : 7);
    }
  });
});
