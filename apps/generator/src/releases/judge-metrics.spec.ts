import { beforeEach, describe, expect, it } from 'vitest';
import { ServiceMetrics } from '#observability';
import { foldObservation, initialState, type Observation, type ReleaseStatistics } from '#release-policy';
import { sampleRelease } from '../testing/sample-release.js';
import { JudgeMetrics } from './judge-metrics.js';

/** A text that the candidate finds harder by 0.4 nats per token, as a bet of its own. */
const TEXT: Observation = {
  metric: 'paired_loss',
  arm: 'both',
  share: 0,
  value: 0.4,
  firstOfClient: true,
  atMs: 0,
  stageIndex: 0,
};
const POLICY = { metrics: { paired_loss: { block: 1, scale: 1 } } };

let metrics: ServiceMetrics;
let judge: JudgeMetrics;

beforeEach(() => {
  metrics = new ServiceMetrics();
  judge = new JudgeMetrics(metrics);
});

/** The metric's value, with these labels where it has any; undefined where there is none. */
async function valueOf(name: string, labels: Record<string, string> = {}): Promise<number | undefined> {
  const { values = [] } = (await metrics.registry.getSingleMetric(name)?.get()) ?? {};
  return values.find((value) => Object.entries(labels).every(([key, of]) => value.labels[key] === of))?.value;
}

function afterTexts(count: number): ReleaseStatistics {
  const { policy } = sampleRelease({}, POLICY);
  return Array.from({ length: count }).reduce<ReleaseStatistics>(
    (state) => foldObservation(policy, state, TEXT),
    initialState(),
  );
}

describe('what the judge shows', () => {
  it('is nothing where no release is judged', async () => {
    expect(await valueOf('understudy_judge_active')).toBe(0);
    expect(await valueOf('understudy_release_stage')).toBe(-1);
    expect(await valueOf('understudy_release_evidence_ratio')).toBeUndefined();
  });

  it('is where the release is, and whether it waits for a person', async () => {
    judge.tellActive(true);
    judge.tellJudged(sampleRelease({ stageIndex: 1, share: 0.5, state: 'canary' }), 'advance');
    expect(await valueOf('understudy_judge_active')).toBe(1);
    expect(await valueOf('understudy_release_stage')).toBe(1);
    expect(await valueOf('understudy_release_share')).toBe(0.5);
    expect(await valueOf('understudy_release_held')).toBe(0);
    judge.tellJudged(sampleRelease({ state: 'held', resumes: true }), 'hold');
    expect(await valueOf('understudy_release_held')).toBe(1);
    judge.tellJudged(sampleRelease({ state: 'held', resumes: false }), 'hold');
    expect(await valueOf('understudy_release_held')).toBe(2);
    judge.tellJudged(sampleRelease({ state: 'held', resumes: false }), 'continue');
    expect(await valueOf('understudy_release_decisions_total', { action: 'advance' })).toBe(1);
    expect(await valueOf('understudy_release_decisions_total', { action: 'hold' })).toBe(2);
    expect(await valueOf('understudy_release_decisions_total', { action: 'continue' })).toBeUndefined();
  });

  it('is how far the evidence has come: 0 without any, more with each text that speaks for it, 1 where it decides', async () => {
    const towards = { metric: 'paired_loss', decision: 'rollback' };
    const ratios: (number | undefined)[] = [];
    for (const texts of [0, 5, 10, 1_000]) {
      judge.tellJudged(sampleRelease({ statistics: afterTexts(texts) }, POLICY), 'continue');
      ratios.push(await valueOf('understudy_release_evidence_ratio', towards));
    }
    const [none, few, more, all] = ratios as [number, number, number, number];
    expect(none).toBeCloseTo(0, 12);
    expect(few).toBeGreaterThan(none);
    expect(more).toBeGreaterThan(few);
    expect(more).toBeLessThan(1);
    expect(all).toBe(1);
  });

  it('is the age of the oldest observation that was not judged', async () => {
    const release = sampleRelease();
    const now = new Date(release.openedAt.getTime() + 60_000);
    const at = (secondsAgo: number): { at: Date } => ({ at: new Date(now.getTime() - 1_000 * secondsAgo) });
    const observations = [at(3), at(12), at(5)];
    judge.tellFound({ observations, now } as unknown as Parameters<JudgeMetrics['tellFound']>[0]);
    expect(await valueOf('understudy_judge_lag_seconds')).toBe(12);
    judge.tellFound({ observations: [], now } as unknown as Parameters<JudgeMetrics['tellFound']>[0]);
    expect(await valueOf('understudy_judge_lag_seconds')).toBe(0);
  });

  it('ends with the release, and with the replica being the judge', async () => {
    judge.tellJudged(sampleRelease({ stageIndex: 1, share: 0.5, statistics: afterTexts(5) }, POLICY), 'continue');
    judge.tellJudged(sampleRelease({ state: 'rolled_back', endedAt: new Date() }), 'roll_back');
    expect(await valueOf('understudy_release_stage')).toBe(-1);
    expect(await valueOf('understudy_release_share')).toBe(0);
    expect(await valueOf('understudy_release_evidence_ratio')).toBeUndefined();
    judge.tellJudged(sampleRelease({ stageIndex: 1 }), 'continue');
    judge.tellActive(false);
    expect(await valueOf('understudy_release_stage')).toBe(-1);
  });
});
