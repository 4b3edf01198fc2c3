import { describe, expect, it } from 'vitest';
import { initialState, restoreStatistics, type ReleaseStatistics } from '../statistics/release-statistics.js';
import { DEFAULT_POLICY } from './default-policy.js';
import { parsePolicy } from './parse-policy.js';
import { restorePolicy } from './restore-policy.js';
import type { ReleasePolicy } from './release-policy.js';

/** The same without a field, as an earlier version would have written it. */
function without<T extends object>(value: T, field: keyof T): T {
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== field)) as T;
}

describe('a policy that was stored', () => {
  it('is what was stored, where nothing is missing', () => {
    const policy = parsePolicy({ unit: 'client', maxSeconds: 7, stages: [{ ...DEFAULT_POLICY.stages[0] }] });
    expect(restorePolicy(JSON.parse(JSON.stringify(policy)) as ReleasePolicy)).toEqual(policy);
  });

  it('takes fields that are newer than itself from the default policy', () => {
    const old = without(
      { ...DEFAULT_POLICY, scoring: without(DEFAULT_POLICY.scoring, 'text'), maxSeconds: 7 },
      'probes',
    );
    expect(restorePolicy(old)).toEqual({ ...DEFAULT_POLICY, maxSeconds: 7 });
  });

  it('does not let a metric decide that it does not know', () => {
    const old = { ...DEFAULT_POLICY, metrics: without(DEFAULT_POLICY.metrics, 'errors') };
    expect(restorePolicy(old).metrics.errors).toEqual({ ...DEFAULT_POLICY.metrics.errors, budget: 0, required: false });
  });
});

describe('statistics that were stored', () => {
  it('by a version that knew fewer metrics and kept no tallies go on with empty ones', () => {
    const state = initialState();
    const { paired_loss: loss } = state.metrics;
    const metrics = { ...without(state.metrics, 'errors'), paired_loss: without(loss, 'tallies') };
    const old: ReleaseStatistics = { ...state, format: 1, metrics };
    expect(restoreStatistics(old)).toEqual({ ...state, format: 1 });
    expect(restoreStatistics(state)).toEqual(state);
  });
});
