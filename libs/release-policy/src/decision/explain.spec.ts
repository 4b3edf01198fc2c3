import { describe, expect, it } from 'vitest';
import type { Observation } from '../observation.js';
import { parsePolicy } from '../policy/parse-policy.js';
import { foldObservation } from '../statistics/fold-observation.js';
import { initialState, type ReleaseStatistics } from '../statistics/release-statistics.js';
import { decide } from './decide.js';
import { explain } from './explain.js';

const POLICY = parsePolicy({ metrics: { paired_loss: { block: 1, scale: 1 } } });
const WATCH = POLICY.stages.length;
const TEXT: Observation = {
  metric: 'paired_loss',
  arm: 'both',
  share: 0,
  value: 0.4,
  firstOfClient: true,
  atMs: 0,
  stageIndex: 0,
};
const after = (count: number, observation: Observation, from = initialState()): ReleaseStatistics =>
  Array.from({ length: count }).reduce<ReleaseStatistics>((state) => foldObservation(POLICY, state, observation), from);
const lossOf = (statistics: ReleaseStatistics) => explain(POLICY, statistics).metrics[0]!;

describe('explain', () => {
  it('says of nothing that wealth is one, and how far everything is', () => {
    const explanation = explain(POLICY, initialState());
    const [loss] = explanation.metrics;
    expect(loss).toMatchObject({ metric: 'paired_loss', n: 0, mean: null, required: true, margin: 0.03 });
    expect(loss?.rollback).toMatchObject({ wealth: 1, peak: 1 });
    expect(loss?.rollback.bound).toBeCloseTo(250, 9);
    expect(loss?.rollback.missingNats).toBeCloseTo(Math.log(250), 12);
    expect(loss?.promotion.bound).toBeCloseTo(100, 9);
    expect(loss?.watch.change).toMatchObject({ wealth: 0, peak: 1 });
    expect(explanation.requests).toMatchObject({ n: 0, candidates: 0, excess: 0 });
  });

  it('has no bound for a decision that cannot come', () => {
    const metrics = explain(POLICY, initialState()).metrics;
    const truncation = metrics.find(({ metric }) => metric === 'truncation');
    expect(truncation?.rollback).toMatchObject({ bound: null, missingNats: null });
    expect(truncation?.watch.change).toMatchObject({ bound: null, missingNats: null });
    expect(truncation?.promotion).toMatchObject({ bound: null, missingNats: null });
  });

  it('is at no distance exactly when the decision has come', () => {
    const situation = {
      stageIndex: 0,
      secondsInStage: 0,
      secondsOpen: 0,
      secondsWithoutData: 0,
      failedGates: { candidate: [], incumbent: [] },
    };
    let statistics = initialState();
    const distances: number[] = [];
    while (decide(POLICY, statistics, situation).action !== 'roll_back') {
      distances.push(lossOf(statistics).rollback.missingNats!);
      statistics = foldObservation(POLICY, statistics, TEXT);
    }
    expect(distances.length).toBeGreaterThan(10);
    expect(Math.min(...distances)).toBeGreaterThan(0);
    expect(lossOf(statistics).rollback.missingNats).toBe(0);
  });

  it('gives the mean in nats, before promotion and since', () => {
    const loss = lossOf(after(3, { ...TEXT, value: -0.2, stageIndex: WATCH }, after(2, TEXT)));
    expect(loss.n).toBe(2);
    expect(loss.mean).toBeCloseTo(0.4, 12);
    expect(loss.watch.n).toBe(3);
    expect(loss.watch.mean).toBeCloseTo(-0.2, 12);
  });

  it('is the same after being stored as JSON, also where wealth is more than a number can be', () => {
    const explanation = explain(POLICY, after(1_500, { ...TEXT, stageIndex: WATCH }, after(3_000, TEXT)));
    expect(explanation.metrics[0]?.rollback.wealth).toBe(Number.MAX_VALUE);
    expect(JSON.parse(JSON.stringify(explanation))).toEqual(explanation);
  });
});
