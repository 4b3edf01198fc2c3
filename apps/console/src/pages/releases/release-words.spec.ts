import { describe, expect, it } from 'vitest';
import type { ExplainedRelease } from '../../serving/serving-types.js';
import { inUnit, nextStageText, odds, progressOf, stepsOf } from './release-words.js';

function release(change: Partial<ExplainedRelease>): ExplainedRelease {
  const policy = { stages: [{ share: 0 }, { share: 0.05 }, { share: 0.5 }] };
  const rest = { deployment: 'production', stage: 'canary', stage_index: 1, state: 'canary', ended_at: null };
  return { ...rest, policy_document: policy, ...change } as ExplainedRelease;
}

describe('the way of a release', () => {
  it('shows what is behind it, where it is and what is ahead', () => {
    const steps = stepsOf(release({}));
    expect(steps.map(({ state }) => state)).toEqual(['done', 'now', 'ahead', 'ahead', 'ahead']);
    expect(steps.map(({ text }) => text).slice(0, 3)).toEqual(['only scored', '5%', '50%']);
  });

  it('stopped where it was rolled back, and is done when it was completed', () => {
    const rolledBack = stepsOf(release({ state: 'rolled_back', ended_at: 1, stage: 'watched', stage_index: 3 }));
    expect(rolledBack.map(({ state }) => state)).toEqual(['done', 'done', 'done', 'stopped', 'ahead']);
    const completed = stepsOf(release({ state: 'completed', ended_at: 1, stage: 'watched', stage_index: 3 }));
    expect(new Set(completed.map(({ state }) => state))).toEqual(new Set(['done']));
  });

  it('says what a person does who takes it on', () => {
    expect(nextStageText(release({}))).toContain('50% of the requests');
    expect(nextStageText(release({ stage_index: 2 }))).toContain('becomes the incumbent of production');
    expect(nextStageText(release({ stage: 'watched', stage_index: 3 }))).toContain('watch ends');
  });
});

describe('evidence', () => {
  it('is full where it decides, empty where it speaks against, and none where it can never decide', () => {
    expect(progressOf({ wealth: 250, bound: 250 })).toBe(1);
    expect(progressOf({ wealth: Math.sqrt(250), bound: 250 })).toBeCloseTo(0.5);
    expect(progressOf({ wealth: 0, bound: 250 })).toBe(0);
    expect(progressOf({ wealth: 9, bound: null })).toBeNull();
  });

  it('is written so that it can be read', () => {
    expect([odds(0.001), odds(1.44), odds(250), odds(1e7)]).toEqual(['×0', '×1.4', '×250', '×10⁷']);
    expect(inUnit(-0.0124, 'nats_per_token')).toBe('−0.012 nats');
    expect(inUnit(1.8, 'times')).toBe('1.80×');
    expect(inUnit(null, 'times')).toBe('unknown');
  });
});
