import { describe, expect, it } from 'vitest';
import type { Observation } from '../observation.js';
import { parsePolicy } from '../policy/parse-policy.js';
import type { ReleasePolicy } from '../policy/release-policy.js';
import { foldObservation } from '../statistics/fold-observation.js';
import { initialState } from '../statistics/release-statistics.js';
import { simulateRelease, type SimulatedRelease } from './simulate-release.js';
import { SyntheticTraffic, type TrafficModel } from './synthetic-traffic.js';

/** The default policy with shorter stages, so that a release takes a few thousand requests. */
const POLICY = parsePolicy({
  stages: [
    { share: 0, minSeconds: 30, minObservations: 50, minRequests: 0 },
    { share: 0.05, minSeconds: 30, minObservations: 20, minRequests: 5 },
    { share: 0.25, minSeconds: 60, minObservations: 50, minRequests: 50 },
    { share: 0.5, minSeconds: 60, minObservations: 50, minRequests: 100 },
  ],
  metrics: { paired_loss: { block: 1, scale: 1 } },
  maxSeconds: 600,
});
const EVEN: TrafficModel = {
  requestsPerSecond: 10,
  shiftNats: 0,
  spreadNats: 0.2,
  shape: 'normal',
  eventRates: { errors: 0.002, latency: 0.02, repetition: 0.01, feedback: 0.01 },
  eventRatios: {},
  storms: false,
  requestsPerClient: 1,
};

const releasesOf = (count: number, model: Partial<TrafficModel>, policy: ReleasePolicy = POLICY): SimulatedRelease[] =>
  Array.from({ length: count }, (_, seed) => simulateRelease(policy, { ...EVEN, ...model }, seed + 1));
const countOf = (outcome: SimulatedRelease['outcome'], releases: readonly SimulatedRelease[]): number =>
  releases.filter((release) => release.outcome === outcome).length;

describe('an identical version', () => {
  it.each<[string, Partial<TrafficModel>, Partial<ReleasePolicy>]>([
    ['on even traffic', {}, {}],
    ['when bad events come in storms', { storms: true }, {}],
    [
      'when one client in ten has all of the bad events, and clients are counted',
      { requestsPerClient: 5 },
      { unit: 'client' },
    ],
  ])('is promoted and not rolled back, %s: at most one of a hundred is', (_name, model, change) => {
    const releases = releasesOf(100, { ...model, shape: 'identical' }, { ...POLICY, ...change });
    expect(countOf('rolled_back', releases)).toBeLessThanOrEqual(1);
    expect(countOf('promoted', releases)).toBeGreaterThanOrEqual(98);
  });
});

describe('sticky clients', () => {
  // One client in ten has all of the late answers, and keeps its arm: its answers say together what one of them says.
  const sticky: ReleasePolicy = { ...POLICY, unit: 'client' };
  const model: TrafficModel = { ...EVEN, requestsPerClient: 50, eventRates: { latency: 0.03 } };

  /** Share of the identical versions that are rolled back within 8,000 requests at a share of 25%. */
  function wronglyRolledBack(treat: (observation: Observation) => Observation): number {
    let count = 0;
    for (let seed = 1; seed <= RELEASES; seed++) {
      const traffic = new SyntheticTraffic(sticky, model, seed);
      let statistics = initialState();
      for (let request = 0; request < 8_000; request++) {
        for (const observation of traffic.next(2)) statistics = foldObservation(sticky, statistics, treat(observation));
      }
      if (statistics.metrics.latency.rollbackPeak >= -Math.log(sticky.metrics.latency.budget)) count++;
    }
    return count / RELEASES;
  }
  const RELEASES = 25;

  it('are not rolled back when clients are counted, and very often when their requests are', () => {
    expect(wronglyRolledBack((observation) => observation)).toBe(0);
    expect(wronglyRolledBack((observation) => ({ ...observation, firstOfClient: true }))).toBeGreaterThan(0.2);
  });
});

describe('a release ends as it should with', () => {
  it.each<[string, Partial<TrafficModel>, SimulatedRelease['outcome'], string]>([
    ['a higher loss', { shiftNats: 0.15 }, 'rolled_back', 'paired_loss'],
    [
      'errors on 3% of the requests',
      { eventRates: { errors: 0.0003 }, eventRatios: { errors: 100 } },
      'rolled_back',
      'errors',
    ],
    ['answers that are often too late', { eventRatios: { latency: 10 } }, 'rolled_back', 'latency'],
    ['a lower loss', { shiftNats: -0.05 }, 'promoted', 'paired_loss'],
  ])('%s', (_name, model, outcome, metric) => {
    const releases = releasesOf(20, model);
    expect(countOf(outcome, releases)).toBeGreaterThanOrEqual(19);
    const named = releases.filter(({ verdict }) => verdict.reasons.some((reason) => reason.metric === metric));
    expect(named.length).toBeGreaterThanOrEqual(19);
  });

  it('a loss exactly at the margin: it is held, and says that nothing was shown', () => {
    const releases = releasesOf(10, { shiftNats: POLICY.metrics.paired_loss.margin });
    expect(countOf('held', releases)).toBeGreaterThanOrEqual(9);
    const held = releases.find(({ outcome }) => outcome === 'held');
    expect(held?.verdict.reasons.map(({ code }) => code)).toEqual(['time_limit', 'not_shown']);
  });

  it('the same seed: the same release', () => {
    expect(simulateRelease(POLICY, EVEN, 7)).toEqual(simulateRelease(POLICY, EVEN, 7));
  });
});
