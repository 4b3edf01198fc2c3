import { describe, expect, it } from 'vitest';
import type { Observation } from '../observation.js';
import { parsePolicy } from '../policy/parse-policy.js';
import { lossDifferences, type LossShape } from '../simulation/synthetic-losses.js';
import { SyntheticRandom } from '../simulation/synthetic-random.js';
import { foldObservation } from '../statistics/fold-observation.js';
import { initialState, type ReleaseStatistics } from '../statistics/release-statistics.js';
import { decide } from './decide.js';
import { estimate, type MetricEstimate } from './estimate.js';

const SCALE = 2;
const POLICY = parsePolicy({
  metrics: { paired_loss: { block: 1, scale: SCALE, margin: 0.3, budget: 0.004 }, errors: { margin: 0.5 } },
});
const TEXT: Observation = {
  metric: 'paired_loss',
  arm: 'both',
  share: 0,
  value: 0,
  firstOfClient: true,
  atMs: 0,
  stageIndex: 0,
};
const ERROR: Observation = { ...TEXT, metric: 'errors', arm: 'candidate', share: 0.25, stageIndex: 3 };
const fold = (observations: readonly Observation[], from = initialState()): ReleaseStatistics =>
  observations.reduce((statistics, observation) => foldObservation(POLICY, statistics, observation), from);
const of = (statistics: ReleaseStatistics, metric: Observation['metric'] = 'paired_loss'): MetricEstimate =>
  estimate(POLICY, statistics).find((one) => one.metric === metric)!;

/** Share of releases whose interval, looked at again and again, was ever beside the true value. */
function misses(releases: number, looks: number, truth: number, observe: (random: SyntheticRandom) => Observation) {
  let missed = 0;
  for (let seed = 1; seed <= releases; seed++) {
    const random = new SyntheticRandom(seed);
    let statistics = initialState();
    let isBeside = false;
    for (let look = 0; look < looks; look++) {
      const observations = Array.from({ length: 25 }, () => observe(random));
      statistics = fold(observations, statistics);
      const { lower, upper } = of(statistics, observations[0]!.metric).interval!;
      isBeside ||= truth < lower || truth > (upper ?? Infinity);
    }
    if (isBeside) missed++;
  }
  return missed / releases;
}

describe('the interval', () => {
  it.each<[LossShape, number, number]>([
    ['normal', 0.1, 0.3],
    ['left_skewed', -0.1, 0.3],
    ['right_skewed', 0.3, 0.2],
    ['normal', 0, 0.01],
  ])(
    'of %s losses holds their mean of %d at all of many looks, in at least 95%% of the releases',
    (shape, mean, sd) => {
      // What is cut at the scale has another mean; none of these reaches it often enough to matter.
      const make = new WeakMap<SyntheticRandom, () => number>();
      const observe = (random: SyntheticRandom): Observation => {
        const draw = make.get(random) ?? lossDifferences(shape, random);
        make.set(random, draw);
        return { ...TEXT, value: mean + sd * draw() };
      };
      expect(misses(100, 12, mean, observe)).toBeLessThanOrEqual(0.05);
    },
  );

  it.each([0.5, 1, 4])('of events holds the ratio of their rates, %d, at all of many looks', (ratio) => {
    const observe = (random: SyntheticRandom): Observation => {
      const share = random.unit() < 0.5 ? 0.05 : 0.5;
      const odds = (ratio * share) / (1 - share);
      return { ...ERROR, share, arm: random.unit() < odds / (1 + odds) ? 'candidate' : 'incumbent' };
    };
    expect(misses(100, 8, ratio, observe)).toBeLessThanOrEqual(0.05);
  });

  it('becomes narrow: a quarter of the standard deviation after 400 texts', () => {
    const random = new SyntheticRandom(3);
    const values = Array.from({ length: 400 }, () => 0.3 * random.normal());
    const { interval, estimate: mean } = of(fold(values.map((value) => ({ ...TEXT, value }))));
    expect(interval).toMatchObject({ level: 0.95 });
    expect(interval!.upper! - interval!.lower).toBeLessThan(2 * 0.075);
    expect(mean).toBeGreaterThan(interval!.lower);
    expect(mean).toBeLessThan(interval!.upper!);
  });

  it('of a version that is the same closes on 0 at both ends', () => {
    const { lower, upper } = of(fold(new Array<Observation>(2_000).fill(TEXT))).interval!;
    expect(lower).toBeLessThan(0);
    expect(upper).toBeGreaterThan(0);
    expect(upper! - lower).toBeLessThan(0.02);
  });

  it('is none where nothing was seen, and open above where the incumbent has no event', () => {
    expect(of(initialState())).toMatchObject({ estimate: null, interval: null, watch: { interval: null } });
    const { estimate: ratio, interval } = of(fold(new Array<Observation>(30).fill(ERROR)), 'errors');
    expect(ratio).toBeNull();
    expect(interval).toMatchObject({ upper: null });
    expect(interval!.lower).toBeGreaterThan(10);
  });

  it('is one of its own since promotion', () => {
    const watched = Array.from({ length: 100 }, () => ({ ...TEXT, value: 1, stageIndex: POLICY.stages.length }));
    const { estimate: before, watch } = of(fold([TEXT, ...watched]));
    expect(before).toBe(0);
    expect(watch.estimate).toBeCloseTo(1, 12);
    expect(watch.interval!.lower).toBeGreaterThan(0.5);
  });
});

describe('the ratio', () => {
  it('of events at one share is that of the odds', () => {
    // 30 of 40 at a share of a quarter: odds of 3 instead of 1 to 3.
    const incumbent = { ...ERROR, arm: 'incumbent' } as const;
    const events = [...new Array<Observation>(30).fill(ERROR), ...new Array<Observation>(10).fill(incumbent)];
    expect(of(fold(events), 'errors').estimate).toBeCloseTo(9, 5);
    expect(of(fold([incumbent]), 'errors').estimate).toBe(0);
  });
});

describe('the distance to a rollback', () => {
  const situation = {
    stageIndex: 0,
    secondsInStage: 0,
    secondsOpen: 0,
    secondsWithoutData: 0,
    failedGates: { candidate: [], incumbent: [] },
  };

  it.each([TEXT, ERROR])('in units of $metric is gone when the rollback has come, and not long before', (harm) => {
    const observation = { ...harm, value: 0.8 };
    let statistics = initialState();
    let last = Infinity;
    while (decide(POLICY, statistics, situation).action !== 'roll_back') {
      last = of(statistics, harm.metric).rollback.distance!;
      expect(last).toBeGreaterThan(0);
      statistics = foldObservation(POLICY, statistics, observation);
    }
    expect(last).toBeLessThan(0.5 * of(statistics, harm.metric).limit);
    // The limits are no sharper than the bets that decide: a bin makes them a little later.
    const after = of(fold(new Array<Observation>(10).fill(observation), statistics), harm.metric);
    expect(after.rollback.distance).toBeLessThan(0);
  });

  it('is never over where the decision can never come', () => {
    const [truncation] = estimate(POLICY, initialState()).filter(({ metric }) => metric === 'truncation');
    expect(truncation?.rollback).toEqual({ shown: null, distance: null });
    expect(of(initialState(), 'errors').promotion).toEqual({ shown: null, distance: null });
  });
});
