import { describe, expect, it } from 'vitest';
import type { ReleasePolicy } from '#release-policy';
import type { OpenCase, Release, StoredObservation } from '#registry/releases';
import { FAST, OPENED, sampleRelease as release } from '../testing/sample-release.js';
import { NO_FINDINGS, type GateFindings } from './gate-findings.js';
import { judgeCase } from './judge-case.js';

const FINE: GateFindings = { ...NO_FINDINGS, passed: { perplexity: 12 }, measured: { perplexity: 12 } };

function later(seconds: number): Date {
  return new Date(OPENED.getTime() + 1000 * seconds);
}

function open(found: Release, change: Partial<OpenCase> & { readonly pinnedBy?: string } = {}): OpenCase {
  const { pinnedBy = null, ...rest } = change;
  const deployment = {
    name: 'production',
    incumbentVersionId: found.incumbentVersionId,
    previousVersionId: null,
    revision: 1,
    servingRevision: 1,
    updatedAt: OPENED,
    pinnedAt: pinnedBy === null ? null : OPENED,
    pinnedBy,
    pinReason: null,
  };
  return { release: found, deployment, now: later(20), observations: [], lastProposal: null, ...rest };
}

/** Texts that both versions scored, the candidate worse by `value` nats in each. */
function texts(count: number, value: number): StoredObservation[] {
  return Array.from({ length: count }, (_, index) => ({
    id: BigInt(index + 1),
    releaseId: 'rel-1',
    at: OPENED,
    replicaId: 'replica',
    requestId: null,
    metric: 'paired_loss',
    arm: 'both',
    stageIndex: 0,
    share: 0,
    value,
    tokens: 20,
    client: null,
    firstOfClient: true,
    position: null,
  }));
}

const WORSE = texts(1000, 0.8);
const CANARY = { state: 'canary', stage: 'canary', stageIndex: 1, share: 0.5 } as const;
const WATCHED = { state: 'watched', stage: 'watched', stageIndex: 2, share: 0.9, promotedAt: OPENED } as const;
const HELD = { state: 'held', heldAt: OPENED } as const;

describe('a judge', () => {
  it('adds the new observations in their order, and says which they were and what they amount to', () => {
    const judgement = judgeCase(open(release(), { observations: texts(3, 0.1), now: later(5) }), FINE);
    expect(judgement).toMatchObject({
      added: [1n, 2n, 3n],
      statistics: { observations: 3 },
      action: { kind: 'continue' },
      evidence: { action: 'continue', situation: { secondsInStage: 5, secondsOpen: 5, secondsWithoutData: 0 } },
    });
  });

  it('leaves out what a newer replica may have observed that it does not know', () => {
    const [known, unknown] = texts(2, 0.1) as [StoredObservation, StoredObservation];
    const observations = [known, { ...unknown, metric: 'tedium' as 'errors' }];
    expect(judgeCase(open(release(), { observations }), FINE)).toMatchObject({
      added: [1n, 2n],
      statistics: { observations: 1 },
    });
  });

  it('takes the next stage when the stage has lasted', () => {
    expect(judgeCase(open(release(), { now: later(9.9) }), FINE).action).toEqual({ kind: 'continue' });
    expect(judgeCase(open(release(), { now: later(10) }), FINE).action).toEqual({ kind: 'advance' });
  });

  it('promotes on evidence, and completes a watch that saw nothing', () => {
    const better = open(release(CANARY), { observations: texts(1000, -0.8) });
    expect(judgeCase(better, FINE)).toMatchObject({ action: { kind: 'promote' } });
    const watch = { incumbentShare: 0.1, seconds: 15, minObservations: 0 };
    expect(judgeCase(open(release(WATCHED, { watch })), FINE).action).toEqual({ kind: 'complete' });
  });

  it.each([
    ['in the shadow', {}],
    ['in a canary stage', CANARY],
    ['when it is paused', { ...CANARY, pausedAt: OPENED, pausedBy: 'key:test' }],
    ['when it is held', { ...CANARY, ...HELD, resumes: false }],
    ['when it is held until there is data', { ...CANARY, ...HELD, resumes: true }],
  ])('rolls a candidate back that is worse, %s, and says why in numbers', (_, change) => {
    const { action, message, evidence } = judgeCase(open(release(change), { observations: WORSE }), FINE);
    expect(action).toEqual({ kind: 'roll_back', targetProblem: null });
    expect(message).toContain('Rolls the candidate back. paired_loss');
    expect(evidence).toMatchObject({ reasons: [{ code: 'worse', metric: 'paired_loss' }] });
    const shown = (evidence['explanation'] as { metrics: { metric: string; n: number; mean: number }[] }).metrics;
    expect(shown.find(({ metric }) => metric === 'paired_loss')).toMatchObject({ n: expect.any(Number) as number });
  });

  it('takes no step forward with a release that is paused', () => {
    const paused = release({ pausedAt: OPENED, pausedBy: 'key:test' });
    expect(judgeCase(open(paused), FINE).action).toEqual({ kind: 'continue' });
    expect(judgeCase(open(paused, { now: later(100_000) }), FINE).action).toEqual({ kind: 'continue' });
  });

  it('takes no step past a pin: nothing is served by the candidate until it is gone', () => {
    const pinned = open(release(CANARY), { pinnedBy: 'key:careful', observations: texts(1000, -0.8) });
    expect(judgeCase(pinned, FINE)).toMatchObject({
      action: { kind: 'hold', resumes: true, share: 0 },
      message: 'production is pinned by key:careful.',
    });
    const held = open(release({ ...CANARY, ...HELD, resumes: true, share: 0 }), { pinnedBy: 'key:careful' });
    expect(judgeCase(held, FINE).action).toEqual({ kind: 'continue' });
    expect(judgeCase({ ...held, deployment: { ...held.deployment, pinnedAt: null } }, FINE).action).toEqual({
      kind: 'resume',
    });
  });
});

describe('a release without data', () => {
  const silent = { now: later(70) };

  it('is held, which says so, and goes on by itself when data comes', () => {
    const found = release(CANARY, { stages: [FAST.stages[0], { ...FAST.stages[1], minSeconds: 3000 }] });
    expect(judgeCase(open(found, silent), FINE)).toMatchObject({
      action: { kind: 'hold', resumes: true, alarm: false },
      message: expect.stringContaining('Nothing was observed for 70 seconds; the limit is 60') as string,
    });
    const held = { ...found, ...HELD, resumes: true };
    expect(judgeCase(open(held, silent), FINE).action).toEqual({ kind: 'continue' });
    expect(judgeCase(open(held, { ...silent, observations: texts(1, 0) }), FINE).action).toEqual({ kind: 'resume' });
    expect(judgeCase(open({ ...held, observedAt: later(69) }, silent), FINE).action).toEqual({ kind: 'resume' });
  });

  it('that reached its limit of time waits for a person, and its time counts from when that one lets it go on', () => {
    const undecided = open(release(CANARY), { observations: texts(1, 0), now: later(4000) });
    expect(judgeCase(undecided, FINE).action).toEqual({ kind: 'hold', resumes: false, alarm: false });
    const held = { ...undecided.release, ...HELD, resumes: false };
    expect(judgeCase({ ...undecided, release: held }, FINE).action).toEqual({ kind: 'continue' });
    const resumed = { ...undecided.release, resumedAt: later(3990) };
    expect(judgeCase({ ...undecided, release: resumed }, FINE).action).toEqual({ kind: 'continue' });
  });
});

describe('the gates', () => {
  const closed = release({ gates: null });

  it('are passed before anything else happens', () => {
    expect(judgeCase(open(closed, { now: later(1000) }), FINE).action).toEqual({
      kind: 'pass_gates',
      gates: { perplexity: 12 },
    });
  });

  it('end the release of a candidate that fails them, before and after it has served', () => {
    const broken = { ...NO_FINDINGS, candidate: ['Its weights are damaged.'] };
    for (const found of [closed, release(CANARY), release(WATCHED)]) {
      const { action, message } = judgeCase(open(found), broken);
      expect(action).toEqual({ kind: 'roll_back', targetProblem: null });
      expect(message).toContain('Its weights are damaged.');
    }
  });

  it('call a person when the version that it is compared with fails them, too', () => {
    const both = { ...NO_FINDINGS, candidate: ['It is damaged.'], incumbent: ['So is the other.'] };
    expect(judgeCase(open(release(CANARY)), both)).toMatchObject({
      action: { kind: 'hold', resumes: false, alarm: true },
      message: expect.stringContaining('So is the other.') as string,
    });
  });

  it('hold a release that cannot be asked now, once, and until it can', () => {
    const waiting = { ...NO_FINDINGS, waiting: '3 MiB of memory are free.' };
    expect(judgeCase(open(closed), waiting)).toMatchObject({
      action: { kind: 'hold', resumes: true },
      message: expect.stringContaining('3 MiB of memory are free.') as string,
    });
    const held = { ...closed, ...HELD, resumes: true };
    expect(judgeCase(open(held), waiting).action).toEqual({ kind: 'continue' });
    expect(judgeCase(open(held), FINE).action).toMatchObject({ kind: 'pass_gates' });
  });
});

describe('a policy', () => {
  const proposed = (at: Date, action: string): OpenCase['lastProposal'] => ({
    id: 'relevent-1',
    releaseId: 'rel-1',
    at,
    kind: 'proposed',
    actor: 'release-guard',
    message: '',
    evidence: { action },
    requestId: null,
  });

  it('of a dry run does nothing, and says once in each stage what it would have done', () => {
    const dry = open(release(CANARY, { mode: 'dry_run' }), { observations: WORSE });
    expect(judgeCase(dry, FINE)).toMatchObject({
      action: { kind: 'propose' },
      message: expect.stringContaining(
        'Dry run, nothing is done. It would have been: Rolls the candidate back.',
      ) as string,
    });
    expect(judgeCase({ ...dry, lastProposal: proposed(later(1), 'roll_back') }, FINE).action.kind).toBe('continue');
    expect(judgeCase({ ...dry, lastProposal: proposed(later(1), 'advance') }, FINE).action.kind).toBe('propose');
    expect(judgeCase({ ...dry, lastProposal: proposed(later(-1), 'roll_back') }, FINE).action.kind).toBe('propose');
  });

  it('that is off judges nothing and still keeps the statistics', () => {
    const off: Partial<ReleasePolicy> = { mode: 'off' };
    const judgement = judgeCase(open(release(CANARY, off), { observations: WORSE, now: later(100_000) }), FINE);
    expect(judgement).toMatchObject({ action: { kind: 'continue' }, statistics: { observations: 1000 } });
  });
});
