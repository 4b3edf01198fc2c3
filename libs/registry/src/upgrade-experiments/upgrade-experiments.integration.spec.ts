import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '#database';
import { createTestDatabase, guardAgainstLeaks, type TestDatabase } from '#testing';
import { Registry, type UpgradeExperiment } from '../index.js';
import type { RunOutcome } from '../inputs.js';

const OUTCOME: RunOutcome = {
  bundleSha256: 'b'.repeat(64),
  dataSha256: 'd'.repeat(64),
  codeVersion: '0.1.0',
  hyperparameters: {},
  parameters: 10,
  trainedTokens: 20,
  metrics: {},
};
const HOLD_MS = 60_000;

guardAgainstLeaks();
let test: TestDatabase;
let database: Database;
let registry: Registry;
let corpusId: string;

beforeEach(async () => {
  test = await createTestDatabase();
  database = openDatabase(test);
  registry = new Registry(database);
  corpusId = await newCorpus();
});
afterEach(async () => {
  await database.close();
  await test.close();
});

async function newCorpus(): Promise<string> {
  const corpus = { filename: 'a.txt', sizeBytes: 5, sha256: 'a'.repeat(64), purpose: 'fine-tune' };
  return (await registry.createCorpus(corpus)).id;
}

async function begin(
  more: Partial<Parameters<Registry['upgradeExperiments']['create']>[0]> = {},
): Promise<UpgradeExperiment> {
  return registry.upgradeExperiments.create({
    corpusId,
    policy: 'measured',
    fromPreset: 'small',
    toPreset: 'medium',
    fallbackPreset: 'intermediate',
    seed: 3,
    hyperparameters: { n_epochs: 1, batch_size: 2 },
    presetHyperparameters: { medium: { batch_size: 4 } },
    ...more,
  });
}

async function succeed(runId: string | null): Promise<void> {
  const { fence } = await registry.startRun(runId ?? '');
  await registry.completeRun(runId ?? '', fence, OUTCOME);
}

/** Carries a stage out that is no training. */
async function settle(
  { id, state }: UpgradeExperiment,
  outcome: Parameters<Registry['upgradeExperiments']['settleStage']>[2],
): Promise<UpgradeExperiment> {
  const claimed = await registry.upgradeExperiments.claimStage(id, state, HOLD_MS);
  if (claimed === null) throw new Error('The stage was not given out.');
  return registry.upgradeExperiments.settleStage(id, claimed.fence, outcome);
}

async function advance(id: string): Promise<UpgradeExperiment> {
  return (await registry.upgradeExperiments.advance(id)).experiment;
}

async function messages(id: string): Promise<string[]> {
  return (await registry.upgradeExperiments.listEvents(id)).items.map(({ message }) => message);
}

describe('an upgrade experiment', () => {
  it('trains, asks the rules, trains, compares, falls back, and keeps its report', async () => {
    const { id } = await begin({ suffix: 'news', metadata: { team: 'x' } });
    const { experiment, queuedRun } = await registry.upgradeExperiments.advance(id);
    expect(queuedRun).toMatchObject({
      id: experiment.fromRunId,
      preset: 'small',
      suffix: 'news',
      seed: 3,
      hyperparameters: { n_epochs: 1, batch_size: 2 },
      metadata: { team: 'x' },
    });
    await succeed(experiment.fromRunId);
    const advising = await advance(id);
    expect(advising.state).toBe('advising');
    await settle(advising, {
      ...{ next: 'training_to', advice: { before: 'upgrade' }, report: { stage: 'before' } },
      message: 'worth trying',
    });

    const training = await advance(id);
    expect(training).toMatchObject({ state: 'training_to', advice: { before: 'upgrade' }, attempt: 0 });
    expect(await registry.upgradeExperiments.getReport(id)).toEqual({ stage: 'before' });
    expect(await registry.getTrainingRun(training.toRunId ?? '')).toMatchObject({
      preset: 'medium',
      hyperparameters: { n_epochs: 1, batch_size: 4 },
    });
    await succeed(training.toRunId);
    await settle(await advance(id), {
      ...{ next: 'training_fallback', advice: {}, report: {} },
      message: 'medium overfits',
    });
    const fallback = await advance(id);
    await succeed(fallback.fallbackRunId);
    const comparing = await advance(id);
    expect(comparing.state).toBe('comparing_fallback');
    const report = { advice: { verdict: 'use_intermediate' } };
    const done = await settle(comparing, {
      ...{ next: 'succeeded', verdict: 'use_intermediate', advice: {}, report },
      message: 'done',
    });
    expect(done).toMatchObject({ state: 'succeeded', verdict: 'use_intermediate', error: null });
    expect(done.finishedAt).toBeInstanceOf(Date);
    expect(await registry.upgradeExperiments.getReport(id)).toEqual(report);
    expect(await messages(id)).toEqual([
      expect.stringContaining('is medium worth it after small'),
      expect.stringContaining('small is queued'),
      expect.stringContaining('small is trained'),
      'worth trying',
      expect.stringContaining('medium is queued'),
      expect.stringContaining('medium is trained'),
      'medium overfits',
      expect.stringContaining('intermediate is queued'),
      expect.stringContaining('intermediate is trained'),
      'done',
    ]);
  });

  it('queues one run for a stage, however many processes advance it at once', async () => {
    const { id } = await begin();
    const steps = await Promise.all(Array.from({ length: 5 }, () => registry.upgradeExperiments.advance(id)));
    expect(steps.filter(({ queuedRun }) => queuedRun !== null)).toHaveLength(1);
    expect((await registry.listTrainingRuns()).items).toHaveLength(1);
  });

  it('passes the stages whose runs exist already', async () => {
    const own = { corpusId, seed: 3 };
    const from = await registry.createTrainingRun({ ...own, preset: 'small' });
    const to = await registry.createTrainingRun({ ...own, preset: 'medium' });
    const { id } = await begin({ fromRunId: from.id, toRunId: to.id });
    expect((await advance(id)).state).toBe('training_from');
    await succeed(from.id);
    await succeed(to.id);
    await settle(await advance(id), { next: 'training_to', advice: {}, report: {}, message: 'ok' });
    expect((await advance(id)).state).toBe('comparing');
    expect((await registry.listTrainingRuns()).items).toHaveLength(2);
  });

  it('fails with the error of a run that fails', async () => {
    const { id } = await begin();
    const { fromRunId } = await advance(id);
    const { fence } = await registry.startRun(fromRunId ?? '');
    await registry.failRun(fromRunId ?? '', fence, { code: 'corpus_too_small', message: 'Too little.', param: 'x' });
    const failed = await advance(id);
    expect(failed).toMatchObject({ state: 'failed', error: { code: 'corpus_too_small', param: 'x' } });
    expect(failed.error?.message).toMatch(/^The training ftjob-\S+ of small failed: Too little\.$/);
    expect(await advance(id)).toEqual(failed);
  });

  it('keeps its file from being deleted until it has ended', async () => {
    const { id } = await begin();
    await expect(registry.deleteCorpus(corpusId, 'me')).rejects.toMatchObject({ code: 'conflict' });
    await registry.upgradeExperiments.cancel(id);
    await expect(registry.deleteCorpus(corpusId, 'me')).resolves.toMatchObject({ bytesUnused: true });
  });
});

describe('a cancelled experiment', () => {
  it('takes its own runs with it and leaves those that it was given', async () => {
    const from = await registry.createTrainingRun({ corpusId, preset: 'small', seed: 3 });
    const { id } = await begin({ fromRunId: from.id });
    expect(await registry.upgradeExperiments.cancel(id)).toMatchObject({ state: 'cancelled' });
    expect(await registry.upgradeExperiments.cancel(id)).toMatchObject({ state: 'cancelled' });
    expect(await registry.getTrainingRun(from.id)).toMatchObject({ state: 'queued' });

    const own = await begin();
    const { fromRunId } = await advance(own.id);
    await registry.upgradeExperiments.cancel(own.id);
    expect(await registry.getTrainingRun(fromRunId ?? '')).toMatchObject({ state: 'cancelled' });
    expect(await registry.upgradeExperiments.listOpen()).toEqual([]);
  });

  it('is not cancelled after its end', async () => {
    const { id } = await begin();
    const { fromRunId } = await advance(id);
    await registry.requestCancel(fromRunId ?? '');
    expect(await advance(id)).toMatchObject({ state: 'failed', error: { code: 'cancelled' } });
    await expect(registry.upgradeExperiments.cancel(id)).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('a stage', () => {
  async function advising(): Promise<UpgradeExperiment> {
    const { id } = await begin();
    await succeed((await advance(id)).fromRunId);
    return advance(id);
  }

  it('is worked on by one process at a time, and by another when that one is silent or gives it back', async () => {
    const { id, state } = await advising();
    const experiments = registry.upgradeExperiments;
    const first = await experiments.claimStage(id, state, 1);
    await new Promise((resolve) => setTimeout(resolve, 10));
    const second = await experiments.claimStage(id, state, HOLD_MS);
    expect(second).toMatchObject({ attempt: 2 });
    expect(await experiments.claimStage(id, state, HOLD_MS)).toBeNull();
    await expect(experiments.renewStage(id, first?.fence ?? 0, 1, null)).rejects.toMatchObject({ code: 'conflict' });
    await experiments.renewStage(id, second?.fence ?? 0, HOLD_MS, { fraction: 0.5 });
    expect(await experiments.get(id)).toMatchObject({ progress: { fraction: 0.5 } });
    await experiments.releaseStage(id, second?.fence ?? 0);
    expect(await experiments.claimStage(id, state, HOLD_MS)).toMatchObject({ attempt: 2 });
  });

  it('changes nothing after the experiment was cancelled', async () => {
    const { id, state } = await advising();
    const experiments = registry.upgradeExperiments;
    const claimed = await experiments.claimStage(id, state, HOLD_MS);
    await experiments.cancel(id);
    const fence = claimed?.fence ?? 0;
    const late = { next: 'training_to', advice: {}, report: {}, message: 'late' } as const;
    await expect(experiments.settleStage(id, fence, late)).rejects.toMatchObject({ code: 'conflict' });
    await expect(experiments.failStage(id, fence, { code: 'server_error', message: 'late' })).rejects.toMatchObject({
      code: 'conflict',
    });
    await expect(experiments.renewStage(id, fence, HOLD_MS, null)).rejects.toMatchObject({ code: 'conflict' });
    expect(await experiments.get(id)).toMatchObject({ state: 'cancelled', advice: null });
  });

  it('ends the experiment when three processes have died over it', async () => {
    const { id, state } = await advising();
    for (let attempt = 0; attempt < 3; attempt++) {
      expect(await registry.upgradeExperiments.claimStage(id, state, 0)).not.toBeNull();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(await registry.upgradeExperiments.claimStage(id, state, HOLD_MS)).toBeNull();
    expect(await registry.upgradeExperiments.get(id)).toMatchObject({
      state: 'failed',
      error: { code: 'training_process_died' },
    });
  });
});

describe('a run that is to be reused', () => {
  it.each([
    ['of another file', async () => ({ corpusId: await newCorpus() }), /trains on the file/],
    ['of another preset', () => Promise.resolve({ preset: 'medium' }), /trains the preset medium, not small/],
    ['with another seed', () => Promise.resolve({ seed: 4 }), /its seed is 4/],
  ])('is refused %s', async (_, different, message) => {
    const run = await registry.createTrainingRun({ corpusId, preset: 'small', seed: 3, ...(await different()) });
    const refused = begin({ fromRunId: run.id });
    await expect(refused).rejects.toMatchObject({ code: 'invalid_value', param: 'from_job' });
    await expect(refused).rejects.toThrow(message);
  });

  it('is refused when it has failed, was cancelled or does not exist', async () => {
    const run = await registry.createTrainingRun({ corpusId, preset: 'medium', seed: 3 });
    await registry.requestCancel(run.id);
    await expect(begin({ toRunId: run.id })).rejects.toMatchObject({ code: 'invalid_value', param: 'to_job' });
    await expect(begin({ toRunId: 'ftjob-x' })).rejects.toMatchObject({ code: 'job_not_found', param: 'to_job' });
    expect((await registry.upgradeExperiments.list()).items).toEqual([]);
  });
});
