import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../policy/parse-policy.js';
import type { Observation } from '../observation.js';
import { foldObservation } from '../statistics/fold-observation.js';
import { logMeanExp } from '../statistics/log-domain.js';
import { initialState } from '../statistics/release-statistics.js';
import { lossDifferences, type LossShape } from './synthetic-losses.js';
import { SyntheticRandom } from './synthetic-random.js';

const MARGIN = 0.03;
const BUDGET = 0.01;
const POLICY = parsePolicy({
  metrics: {
    paired_loss: { margin: MARGIN, block: 1, scale: 1, budget: 0.005 },
    errors: { margin: 0.5, budget: 0.0025 },
  },
  budget: 0.02,
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

/** The budget, and three standard errors of a share that is measured on so many releases. */
const tolerated = (releases: number): number => BUDGET + 3 * Math.sqrt((BUDGET * (1 - BUDGET)) / releases);

/** Share of releases that were ever ready for promotion within `length` texts. */
function promotions(releases: number, length: number, observe: (random: SyntheticRandom) => () => Observation): number {
  let count = 0;
  for (let seed = 1; seed <= releases; seed++) {
    const next = observe(new SyntheticRandom(seed));
    let statistics = initialState();
    let isShown = false;
    for (let i = 0; i < length; i++) {
      statistics = foldObservation(POLICY, statistics, next());
      isShown ||= logMeanExp(statistics.metrics.paired_loss.promotion) >= -Math.log(BUDGET);
    }
    if (isShown) count++;
  }
  return count / releases;
}

/** Share of releases whose wealth ever reached 1 / BUDGET within `length` observations. */
function alarms(
  releases: number,
  length: number,
  observe: (random: SyntheticRandom) => () => Observation,
  policy = POLICY,
): number {
  let count = 0;
  for (let seed = 1; seed <= releases; seed++) {
    const next = observe(new SyntheticRandom(seed));
    let statistics = initialState();
    for (let i = 0; i < length; i++) statistics = foldObservation(policy, statistics, next());
    const { paired_loss: loss, errors } = statistics.metrics;
    if (Math.max(loss.rollbackPeak, errors.rollbackPeak) >= -Math.log(BUDGET)) count++;
  }
  return count / releases;
}

const texts =
  (shape: LossShape, meanNats: number, spreadNats: number) =>
  (random: SyntheticRandom): (() => Observation) => {
    const difference = lossDifferences(shape, random);
    return () => ({ ...TEXT, value: meanNats + spreadNats * difference() });
  };

/**
 * Bad events whose arms are drawn with `shareAt(i)`; the candidate's rate is `ratio` times the incumbent's, so that its odds are. When the
 * events come, and how many at once, is not in the test at all.
 */
const events =
  (ratio: number, shareAt: (index: number) => number) =>
  (random: SyntheticRandom): (() => Observation) => {
    let index = 0;
    return () => {
      const share = shareAt(index++);
      const isCandidate = random.unit() < (ratio * share) / (ratio * share + 1 - share);
      return { ...TEXT, metric: 'errors', arm: isCandidate ? 'candidate' : 'incumbent', share, stageIndex: 1 };
    };
  };

// The bound holds for any number of observations; the seeds are fixed.
describe('harm exactly at the margin rolls back in at most the budgeted share of the releases', () => {
  it.each<[string, LossShape, number]>([
    ['normal', 'normal', 0.3],
    ['narrow', 'normal', 0.02],
    ['left-skewed', 'left_skewed', 0.15],
    ['heavy-tailed', 'heavy_tailed', 0.3],
  ])('with %s differences of the losses', (_name, shape, spreadNats) => {
    expect(alarms(300, 800, texts(shape, MARGIN, spreadNats))).toBeLessThanOrEqual(BUDGET);
  });

  // Ratios of likelihoods hardly overshoot, so that the bound is nearly reached.
  it.each<[string, number, number, (index: number) => number]>([
    ['at a fixed share', 1_000, 300, () => 0.25],
    ['that are rare, at a share of one in a hundred', 1_500, 60, () => 0.01],
    ['at shares that change', 1_000, 300, (index) => [0.01, 0.05, 0.25, 0.5][Math.floor(index / 40) % 4]!],
  ])('with errors %s', (_name, releases, length, shareAt) => {
    expect(alarms(releases, length, events(1.5, shareAt))).toBeLessThanOrEqual(tolerated(releases));
  });
});

describe('harm exactly at the margin', () => {
  it.each<LossShape>(['normal', 'left_skewed', 'right_skewed'])(
    'is promoted in at most the budgeted share of the releases, with %s differences',
    (shape) => {
      expect(promotions(300, 800, texts(shape, MARGIN, 0.15))).toBeLessThanOrEqual(BUDGET);
    },
  );
});

describe('a version that is the same', () => {
  it('is never rolled back over its losses: they are equal', () => {
    expect(alarms(1, 20_000, texts('identical', 0, 1))).toBe(0);
  });

  it('or as good, and differs for ten texts in a row, is not rolled back when blocks are judged, and often when texts are', () => {
    const alike = texts('autocorrelated', 0, 0.3);
    expect(alarms(100, 3_000, alike, parsePolicy({}))).toBeLessThanOrEqual(BUDGET);
    expect(alarms(100, 3_000, alike)).toBeGreaterThan(0.2);
  });

  it('is rolled back over errors far less often than the budget, as the margin lies between', () => {
    expect(
      alarms(
        1_000,
        300,
        events(1, () => 0.25),
      ),
    ).toBeLessThanOrEqual(BUDGET / 5);
  });
});
