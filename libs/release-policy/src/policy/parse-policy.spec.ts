import { describe, expect, it } from 'vitest';
import { isCodedError } from '#errors';
import { METRIC_NAMES } from '../metrics.js';
import { DEFAULT_POLICY } from './default-policy.js';
import { parsePolicy } from './parse-policy.js';
import { stageAt } from './release-policy.js';

const STAGE = { share: 0, minSeconds: 1, minObservations: 2, minRequests: 3 };

function failureOf(json: unknown): { code: string; param: string | null; message: string } {
  try {
    parsePolicy(json);
  } catch (error) {
    if (isCodedError(error)) return error;
    throw error;
  }
  throw new Error('The policy was accepted.');
}

describe('parsePolicy', () => {
  it('takes what is left out from the default policy, and gives every field', () => {
    expect(parsePolicy({})).toEqual(DEFAULT_POLICY);
    const policy = parsePolicy({ mode: 'dry_run', metrics: { latency: { limitMs: 50 } }, stages: [STAGE] });
    expect(policy.mode).toBe('dry_run');
    expect(policy.metrics.latency).toEqual({ ...DEFAULT_POLICY.metrics.latency, limitMs: 50 });
    expect(policy.metrics.errors).toEqual(DEFAULT_POLICY.metrics.errors);
    expect(policy.stages).toEqual([STAGE]);
  });

  it('reads back what it gave, also after being stored as JSON', () => {
    const stored: unknown = JSON.parse(JSON.stringify(parsePolicy({ unit: 'client' })));
    expect(parsePolicy(stored)).toEqual(stored);
  });

  it('takes null for left out', () => {
    expect(parsePolicy({ mode: null })).toEqual(DEFAULT_POLICY);
  });

  it.each<[string, unknown, string, string | null, RegExp]>([
    ['no object', 'strict', 'invalid_value', null, /A policy must be an object; got "strict"/],
    ['a list', [], 'invalid_value', null, /must be an object/],
    ['an unknown field', { colour: 'red' }, 'unknown_parameter', 'colour', /"colour" is not part of a policy/],
    ['an unknown field inside', { watch: { hours: 2 } }, 'unknown_parameter', 'watch.hours', /incumbentShare, seconds/],
    ['a field of Object', { toString: 1 }, 'unknown_parameter', 'toString', /"toString"/],
    ['an unknown metric', { metrics: { mood: {} } }, 'unknown_parameter', 'metrics.mood', /paired_loss/],
    ['a word that is none', { mode: 'on' }, 'invalid_value', 'mode', /one of enforce, dry_run, off; got "on"/],
    ['a number in quotes', { maxSeconds: '60' }, 'invalid_value', 'maxSeconds', /a number above 0 .*; got "60"/],
    [
      'a flag as a number',
      { metrics: { errors: { required: 1 } } },
      'invalid_value',
      'metrics.errors.required',
      /true/,
    ],
    ['a half', { minObservations: 1.5 }, 'invalid_value', 'minObservations', /a whole number from 0/],
    [
      'more than all',
      { scoring: { sampleShare: 1.1 } },
      'invalid_value',
      'scoring.sampleShare',
      /from 0 to 1; got 1.1/,
    ],
    ['no stage', { stages: [] }, 'invalid_value', 'stages', /a list of 1 to 20; got \[\]/],
    ['a stage without seconds', { stages: [{ share: 0 }] }, 'invalid_value', 'stages[0].minSeconds', /is missing/],
    ['traffic at once', { stages: [{ ...STAGE, share: 0.1 }] }, 'invalid_value', 'stages[0].share', /in the shadow/],
    [
      'a share that falls',
      { stages: [STAGE, { ...STAGE, share: 0.5 }, { ...STAGE, share: 0.1 }] },
      'invalid_value',
      'stages[2].share',
      /at least 0.5, the share of the stage before; got 0.1/,
    ],
    [
      'a promotion that takes traffic away',
      { stages: [STAGE, { ...STAGE, share: 0.9 }], watch: { incumbentShare: 0.2 } },
      'invalid_value',
      'watch.incumbentShare',
      /promotion takes nothing away/,
    ],
    [
      'a margin that no observation exceeds',
      { metrics: { paired_loss: { margin: 1 } } },
      'invalid_value',
      'metrics.paired_loss.margin',
      /below the scale of 0.5; got 1/,
    ],
    ['no block', { metrics: { probe_loss: { block: 0 } } }, 'invalid_value', 'metrics.probe_loss.block', /from 1/],
    ['budgets above the whole', { metrics: { errors: { budget: 0.01 } } }, 'invalid_value', 'budget', /at most 0.01/],
    ['a budget of nothing', { budget: 0 }, 'invalid_value', 'budget', /above 0/],
    [
      'a promotion for nothing',
      { metrics: { paired_loss: { required: false } } },
      'invalid_value',
      'metrics',
      /required/,
    ],
  ])('refuses %s and says where it stands', (_name, json, code, param, message) => {
    const failure = failureOf(json);
    expect({ code: failure.code, param: failure.param }).toEqual({ code, param });
    expect(failure.message).toMatch(message);
  });
});

describe('the default policy', () => {
  it('gives away one percent in all', () => {
    const sum = METRIC_NAMES.reduce((total, name) => total + DEFAULT_POLICY.metrics[name].budget, 0);
    expect(sum).toBeCloseTo(0.01, 12);
  });

  it('leads from the shadow over canaries to the watch', () => {
    const stages = Array.from({ length: 6 }, (_, index) => stageAt(DEFAULT_POLICY, index));
    expect(stages.map(({ name }) => name)).toEqual(['shadow', 'canary', 'canary', 'canary', 'canary', 'watched']);
    expect(stages.map(({ share }) => share)).toEqual([0, 0.01, 0.05, 0.25, 0.5, 0.9]);
  });
});
