import { describe, expect, it } from 'vitest';
import type { Observation } from '../observation.js';
import { parsePolicy } from '../policy/parse-policy.js';
import { foldObservation } from '../statistics/fold-observation.js';
import { logMeanExp } from '../statistics/log-domain.js';
import { initialState, type MetricStatistics } from '../statistics/release-statistics.js';
import { lossDifferences } from './synthetic-losses.js';
import { SyntheticRandom } from './synthetic-random.js';

const MARGIN = 0.03;
const SPREAD = 0.2;
const BUDGET = 0.01;
const POLICY = parsePolicy({ metrics: { paired_loss: { margin: MARGIN, block: 1, scale: 1 }, errors: { margin: 0 } } });
const WATCH = POLICY.stages.length;
const TEXT: Observation = {
  metric: 'paired_loss',
  arm: 'both',
  share: 0,
  value: 0,
  firstOfClient: true,
  atMs: 0,
  stageIndex: 0,
};
const NEVER = 20_000;

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** Median number of observations until `isDecided`, over releases with the seeds 1, 2, ... */
function medianTime(
  releases: number,
  metric: 'paired_loss' | 'errors',
  observe: (random: SyntheticRandom) => () => Observation,
  isDecided: (statistics: MetricStatistics) => boolean,
): number {
  return median(
    Array.from({ length: releases }, (_, index) => {
      const next = observe(new SyntheticRandom(index + 1));
      let statistics = initialState();
      let count = 0;
      while (count < NEVER && !isDecided(statistics.metrics[metric])) {
        statistics = foldObservation(POLICY, statistics, next());
        count++;
      }
      return count;
    }),
  );
}

const texts =
  (meanNats: number, stageIndex = 0) =>
  (random: SyntheticRandom): (() => Observation) => {
    const difference = lossDifferences('normal', random);
    return () => ({ ...TEXT, value: meanNats + SPREAD * difference(), stageIndex });
  };

describe('half of the releases are decided within', () => {
  // At a budget of 1%. Beyond the margin, in standard deviations of one text's difference.
  it.each([
    [0.5, 50, 110],
    [0.2, 200, 400],
    [0.1, 700, 1_500],
  ])('some texts when the candidate is worse by %d deviations: %d to %d', (deviations, least, most) => {
    const time = medianTime(
      61,
      'paired_loss',
      texts(MARGIN + deviations * SPREAD),
      ({ rollbackPeak }) => rollbackPeak >= -Math.log(BUDGET),
    );
    expect(time).toBeGreaterThanOrEqual(least);
    expect(time).toBeLessThanOrEqual(most);
  });

  it.each([
    ['three times the errors', 3, 0.5, 20, 60],
    ['errors that only the candidate has, at one request in a hundred', 1e9, 0.01, 2, 4],
    ['errors that only the candidate has, at half of the requests', 1e9, 0.5, 8, 14],
  ])('some events with %s', (_name, ratio, share, least, most) => {
    const observe =
      (random: SyntheticRandom): (() => Observation) =>
      () => {
        const isCandidate = random.unit() < (ratio * share) / (ratio * share + 1 - share);
        return { ...TEXT, metric: 'errors', arm: isCandidate ? 'candidate' : 'incumbent', share, stageIndex: 1 };
      };
    const time = medianTime(101, 'errors', observe, ({ rollbackPeak }) => rollbackPeak >= -Math.log(BUDGET));
    expect(time).toBeGreaterThanOrEqual(least);
    expect(time).toBeLessThanOrEqual(most);
  });

  it.each([
    ['one that is as good', 0, 150, 900],
    ['one that is better by as much as the margin', -MARGIN, 60, 300],
  ])('some texts for the promotion of %s', (_name, meanNats, least, most) => {
    const time = medianTime(
      61,
      'paired_loss',
      texts(meanNats),
      ({ promotion }) => logMeanExp(promotion) >= -Math.log(BUDGET),
    );
    expect(time).toBeGreaterThanOrEqual(least);
    expect(time).toBeLessThanOrEqual(most);
  });
});

describe('the watch', () => {
  const runLength = 500;
  const isAlarm = ({ watchPeak }: MetricStatistics): boolean => watchPeak >= Math.log(runLength);

  it('gives no false alarm before its stated run length, on average, with harm exactly at the margin', () => {
    const lengths = Array.from({ length: 60 }, (_, index) => {
      const next = texts(MARGIN, WATCH)(new SyntheticRandom(index + 1));
      let statistics = initialState();
      let count = 0;
      // Cutting long runs off makes their mean smaller, not larger.
      while (count < 20 * runLength && !isAlarm(statistics.metrics.paired_loss)) {
        statistics = foldObservation(POLICY, statistics, next());
        count++;
      }
      return count;
    });
    expect(lengths.reduce((sum, length) => sum + length, 0) / lengths.length).toBeGreaterThanOrEqual(runLength);
  });

  it('finds a change as fast after a long good time as at once', () => {
    const delayAfter = (good: number): number =>
      medianTime(
        41,
        'paired_loss',
        (random) => {
          const [before, after] = [texts(-0.1, WATCH)(random), texts(MARGIN + 0.5 * SPREAD, WATCH)(random)];
          let count = 0;
          return () => (count++ < good ? before() : after());
        },
        isAlarm,
      ) - good;
    const [atOnce, later] = [delayAfter(0), delayAfter(1_500)];
    expect(atOnce).toBeLessThanOrEqual(120);
    expect(later).toBeLessThanOrEqual(atOnce + 10);
    expect(later).toBeGreaterThan(0);
  });
});
