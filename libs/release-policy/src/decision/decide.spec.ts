import { describe, expect, it } from 'vitest';
import type { MetricName } from '../metrics.js';
import type { Observation } from '../observation.js';
import { parsePolicy } from '../policy/parse-policy.js';
import { foldObservation } from '../statistics/fold-observation.js';
import { initialState, type ReleaseStatistics } from '../statistics/release-statistics.js';
import { decide } from './decide.js';
import type { Situation } from './verdict.js';

const POLICY = parsePolicy({
  stages: [
    { share: 0, minSeconds: 60, minObservations: 5, minRequests: 0 },
    { share: 0.5, minSeconds: 120, minObservations: 5, minRequests: 10 },
  ],
  minObservations: 20,
  watch: { seconds: 600, minObservations: 10, averageRunLength: 1_000 },
  metrics: { paired_loss: { margin: 0.1, block: 1, scale: 1 } },
  maxSeconds: 3_600,
  noDataSeconds: 300,
});
const [SHADOW, CANARY, WATCH] = [0, 1, 2];
const SITUATION: Situation = {
  stageIndex: SHADOW,
  secondsInStage: 1_000,
  secondsOpen: 1_000,
  secondsWithoutData: 0,
  failedGates: { candidate: [], incumbent: [] },
};

function fold(
  metric: Observation['metric'],
  count: number,
  observation: Partial<Observation>,
  from: ReleaseStatistics = initialState(),
): ReleaseStatistics {
  let statistics = from;
  const given: Observation = {
    metric,
    arm: metric === 'paired_loss' ? 'both' : 'candidate',
    share: 0.5,
    value: 1,
    firstOfClient: true,
    atMs: 0,
    stageIndex: CANARY,
    ...observation,
  };
  for (let i = 0; i < count; i++) statistics = foldObservation(POLICY, statistics, given);
  return statistics;
}
const texts = (count: number, value: number, stageIndex: number, from?: ReleaseStatistics): ReleaseStatistics =>
  fold('paired_loss', count, { value, stageIndex }, from);

/** A canary that has seen everything it needs, all of it good. */
const GOOD = fold('requests', 10, {}, fold('requests', 10, { arm: 'incumbent' }, texts(200, -0.05, CANARY)));

function judged(statistics: ReleaseStatistics, situation: Partial<Situation>, policy = POLICY): string {
  const { action, reasons } = decide(policy, statistics, { ...SITUATION, ...situation });
  return `${action}: ${reasons.map(({ code, metric }) => (metric === null ? code : `${code} ${metric}`)).join(', ')}`;
}

describe('decide', () => {
  it('goes on in a stage that has not lasted or seen enough, and says what is missing', () => {
    const statistics = texts(3, 0, SHADOW);
    const verdict = decide(POLICY, statistics, { ...SITUATION, secondsInStage: 20.5 });
    expect(verdict.action).toBe('continue');
    expect(verdict.reasons.map(({ message }) => message)).toEqual([
      '20 of 60 seconds of this stage.',
      '3 of 5 texts scored by both versions in this stage.',
    ]);
  });

  it('advances when the stage is over, and not on what an earlier stage saw', () => {
    expect(judged(texts(5, 0, SHADOW), {})).toBe('advance: stage_finished');
    expect(judged(texts(500, 0, SHADOW), { stageIndex: CANARY })).toMatch(
      /^continue: stage_unfinished, stage_unfinished/,
    );
  });

  it('promotes out of the last stage when every required metric is shown to be within its margin', () => {
    expect(judged(GOOD, { stageIndex: CANARY })).toBe('promote: not_worse paired_loss');
    expect(judged(GOOD, { stageIndex: CANARY, secondsInStage: 119 })).toBe('continue: stage_unfinished');
  });

  it('does not promote what may be as bad as the margin', () => {
    const even = fold('requests', 10, {}, fold('requests', 10, { arm: 'incumbent' }, texts(200, 0.1, CANARY)));
    expect(judged(even, { stageIndex: CANARY })).toBe('continue: not_shown paired_loss');
  });

  it('does not promote on fewer texts than the policy wants', () => {
    const few = fold('requests', 10, {}, fold('requests', 10, { arm: 'incumbent' }, texts(19, -1, CANARY)));
    expect(judged(few, { stageIndex: CANARY })).toBe('continue: not_shown');
  });

  it.each([
    ['in the shadow', SHADOW],
    ['in a canary', CANARY],
    ['and comes late, during the watch', WATCH],
  ])('rolls back when harm is shown %s', (_name, stageIndex) => {
    expect(judged(texts(100, 0.5, SHADOW), { stageIndex })).toBe('roll_back: worse paired_loss');
  });

  it('rolls back on harm that was shown, whatever came after it', () => {
    const harmed = texts(30, 1, SHADOW);
    expect(judged(harmed, {})).toBe('roll_back: worse paired_loss');
    expect(judged(texts(500, -1, SHADOW, harmed), {})).toBe('roll_back: worse paired_loss');
  });

  it('rolls back on any metric, and names all that speak for it', () => {
    const failing = fold('errors', 100, {}, texts(100, 0.5, CANARY));
    expect(judged(failing, { stageIndex: CANARY })).toBe('roll_back: worse paired_loss, worse errors');
  });

  it('takes no step forward while a harm looks likely', () => {
    const errors = (count: number): ReleaseStatistics => fold('errors', count, {}, GOOD);
    expect(judged(errors(2), { stageIndex: CANARY })).toBe('promote: not_worse paired_loss');
    expect(judged(errors(9), { stageIndex: CANARY })).toBe('continue: suspected errors');
    expect(judged(fold('errors', 9, { arm: 'incumbent' }, errors(9)), { stageIndex: CANARY })).toMatch(/^promote/);
    expect(judged(fold('errors', 9, { stageIndex: SHADOW }, texts(5, 0, SHADOW)), {})).toBe(
      'continue: suspected errors',
    );
  });

  it('never rolls back on a metric without a budget', () => {
    expect(judged(fold('truncation', 1_000, {}), { stageIndex: CANARY })).toMatch(/^continue/);
    expect(judged(fold('truncation', 1_000, { stageIndex: WATCH }), { stageIndex: WATCH })).not.toMatch(/^roll_back/);
  });

  it('rolls back on a failed gate before anything was observed', () => {
    const failedGates = { candidate: ['Its hash is another.'], incumbent: [] };
    const verdict = decide(POLICY, initialState(), { ...SITUATION, failedGates });
    expect(verdict.action).toBe('roll_back');
    expect(verdict.reasons.map(({ code, message }) => [code, message])).toEqual([
      ['gate_failed', 'Its hash is another.'],
    ]);
  });

  it('holds where there is nothing healthy to go back to', () => {
    const failedGates = { candidate: [], incumbent: ['Its bundle is gone.'] };
    expect(judged(texts(100, 0.5, SHADOW), { failedGates })).toBe('hold: incumbent_unhealthy, worse paired_loss');
    // It is no reason to stop as long as nobody wants to go back.
    expect(judged(texts(5, 0, SHADOW), { failedGates })).toBe('advance: stage_finished');
  });

  it('does not take the counts of one arm before those of the other for an imbalance', () => {
    const busy = Array.from({ length: 20 }).reduce<ReleaseStatistics>((before) => {
      const candidates = fold('requests', 1, { arm: 'candidate', value: 100 }, before);
      return fold('requests', 1, { arm: 'incumbent', value: 100 }, candidates);
    }, initialState());
    expect(judged(busy, { stageIndex: CANARY })).not.toContain('arms_unbalanced');
  });

  it('holds, for a person to look, when arms are not drawn as written down', () => {
    const unbalanced = fold('requests', 40, { arm: 'incumbent', value: 1 });
    const verdict = decide(POLICY, unbalanced, { ...SITUATION, stageIndex: CANARY });
    expect([verdict.action, verdict.resumes]).toEqual(['hold', false]);
    expect(verdict.reasons[0]).toMatchObject({ code: 'arms_unbalanced', metric: 'requests' });
    expect(verdict.reasons[0]?.message).toMatch(/0 of 40 requests, 20.0 fewer than its share/);
  });

  it.each([
    ['in a stage', SHADOW],
    ['during the watch', WATCH],
  ])('holds without data %s, and goes on with them', (_name, stageIndex) => {
    const verdict = decide(POLICY, initialState(), { ...SITUATION, stageIndex, secondsWithoutData: 300 });
    expect([verdict.action, verdict.resumes, verdict.reasons[0]?.code]).toEqual(['hold', true, 'no_data']);
    expect(judged(texts(5, 0, SHADOW), { secondsWithoutData: 299 })).toBe('advance: stage_finished');
  });

  it('holds at the time limit and says what is missing, unless it can promote just then', () => {
    const late = { stageIndex: CANARY, secondsOpen: 3_600 };
    expect(judged(texts(10, 0.1, CANARY), late)).toMatch(/^hold: time_limit, .*not_shown paired_loss$/);
    expect(decide(POLICY, texts(10, 0.1, CANARY), { ...SITUATION, ...late }).resumes).toBe(false);
    expect(judged(GOOD, late)).toBe('promote: not_worse paired_loss');
  });

  it('completes a watch that saw no change, and holds one that saw too little', () => {
    const watched = texts(10, 0, WATCH, GOOD);
    expect(judged(watched, { stageIndex: WATCH, secondsInStage: 599 })).toBe('continue: watching');
    expect(judged(watched, { stageIndex: WATCH })).toBe('complete: watch_finished');
    const little = decide(POLICY, texts(9, 0, WATCH, GOOD), { ...SITUATION, stageIndex: WATCH });
    expect([little.action, little.resumes, little.reasons[0]?.code]).toEqual(['hold', true, 'no_data']);
  });

  it('rolls back a version that was good for long and then changes, without having to win back what it was good for', () => {
    const long = texts(5_000, -0.3, CANARY);
    const spoilt = texts(40, 0.6, WATCH, texts(500, -0.3, WATCH, long));
    expect(judged(spoilt, { stageIndex: WATCH })).toBe('roll_back: changed paired_loss');
  });

  it('judges nothing where the policy is off', () => {
    expect(judged(texts(100, 1, SHADOW), {}, { ...POLICY, mode: 'off' })).toBe('continue: judging_off');
  });

  it('judges a dry run as it would judge', () => {
    expect(judged(texts(100, 1, SHADOW), {}, { ...POLICY, mode: 'dry_run' })).toBe('roll_back: worse paired_loss');
  });

  it('asks for evidence on every required metric', () => {
    const strict = parsePolicy({ ...POLICY, metrics: { ...POLICY.metrics, errors: { required: true } } });
    expect(judged(GOOD, { stageIndex: CANARY }, strict)).toBe('continue: not_shown errors');
    const fewer = fold('errors', 60, { arm: 'incumbent' }, GOOD);
    expect(judged(fewer, { stageIndex: CANARY }, strict)).toBe('promote: not_worse paired_loss, not_worse errors');
  });

  it.each<[MetricName, Partial<Observation>, number]>([
    ['errors', {}, 10],
    ['latency', {}, 12],
    ['feedback', {}, 12],
  ])('needs some %s of the candidate alone to roll back at equal shares', (metric, observation, least) => {
    let needed = 1;
    while (!judged(fold(metric, needed, observation), { stageIndex: CANARY }).startsWith('roll_back')) needed++;
    expect(needed).toBeGreaterThanOrEqual(least);
    expect(needed).toBeLessThanOrEqual(2 * least);
  });
});
