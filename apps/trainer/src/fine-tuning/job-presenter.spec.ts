import type OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import type { RunEvent, TrainingRun } from '#registry';
import { NO_PROGRESS, toStored } from '../training/run-progress.js';
import { presentEvent, presentJob, presentJobList } from './job-presenter.js';

const queued: TrainingRun = {
  id: 'ftjob-1',
  state: 'queued',
  desiredState: 'running',
  corpusId: 'file-1',
  validationCorpusId: null,
  preset: 'small',
  baseVersionId: null,
  baseCheckpointId: null,
  baseModelId: null,
  suffix: null,
  modelId: 'ft:small:understudy:abcdefgh',
  seed: 7,
  hyperparameters: { n_epochs: 2 },
  metadata: { owner: 'me' },
  traceParent: null,
  attempt: 0,
  fence: 0,
  progress: null,
  trainedTokens: 0,
  runMs: 0,
  savedStep: 0,
  fruitlessAttempts: 0,
  modelVersionId: null,
  resultFileId: null,
  error: null,
  createdAt: new Date('2026-01-01T00:00:00.900Z'),
  startedAt: null,
  heartbeatAt: null,
  finishedAt: null,
};
const progress = toStored({
  ...NO_PROGRESS,
  phase: 'training',
  atMs: 1_000_000,
  step: 25,
  totalSteps: 100,
  secondsLeft: 30,
  lossNats: 4.5,
});

describe('presentJob', () => {
  it('has every field that the official client declares as always there', () => {
    const job: OpenAI.FineTuning.FineTuningJob = presentJob(queued) as OpenAI.FineTuning.FineTuningJob;
    expect(job).toMatchObject({
      id: 'ftjob-1',
      object: 'fine_tuning.job',
      model: 'small',
      status: 'queued',
      created_at: 1_767_225_600,
      finished_at: null,
      estimated_finish: null,
      fine_tuned_model: null,
      training_file: 'file-1',
      validation_file: null,
      result_files: [],
      trained_tokens: null,
      seed: 7,
      hyperparameters: { n_epochs: 2 },
      method: { type: 'supervised', supervised: { hyperparameters: { n_epochs: 2 } } },
      metadata: { owner: 'me' },
      error: null,
    });
    expect(typeof job.organization_id).toBe('string');
  });

  it('tells progress, and when it will end only while it runs', () => {
    const running = presentJob({ ...queued, state: 'running', progress, trainedTokens: 640 });
    expect(running).toMatchObject({
      trained_tokens: 640,
      estimated_finish: 1030,
      progress: { fraction: 0.25, step: 25, total_steps: 100, loss: 4.5 },
    });
    expect(presentJob({ ...queued, state: 'cancelled', progress }).estimated_finish).toBeNull();
  });

  it('does not promise an end before the first step', () => {
    const reading = toStored({ ...NO_PROGRESS, atMs: 1_000_000 });
    expect(presentJob({ ...queued, state: 'running', progress: reading })).toMatchObject({
      estimated_finish: null,
      progress: { fraction: 0 },
    });
  });

  it('reads progress that an older version wrote', () => {
    expect(presentJob({ ...queued, state: 'running', progress: { step: 3 } }).progress).toMatchObject({
      step: 3,
      fraction: 0,
      evaluation: null,
    });
  });

  it('tells why a job failed in the three fields of the API', () => {
    const failed = presentJob({
      ...queued,
      state: 'failed',
      error: { code: 'corpus_too_small', message: 'Too small.', param: null },
    });
    expect(failed.error).toEqual({ code: 'corpus_too_small', message: 'Too small.', param: null });
  });
});

describe('pages', () => {
  it('name their first and last item', () => {
    expect(presentJobList({ items: [queued, { ...queued, id: 'ftjob-2' }], hasMore: true })).toMatchObject({
      object: 'list',
      first_id: 'ftjob-1',
      last_id: 'ftjob-2',
      has_more: true,
    });
    expect(presentJobList({ items: [], hasMore: false })).toEqual({
      object: 'list',
      data: [],
      first_id: null,
      last_id: null,
      has_more: false,
    });
  });

  it('show events in the shape of the API', () => {
    const event: RunEvent = {
      id: '12',
      runId: 'ftjob-1',
      level: 'info',
      type: 'metrics',
      message: 'Step 1',
      data: { step: 1 },
      createdAt: new Date(5_999),
    };
    expect(presentEvent(event)).toEqual({
      id: '12',
      object: 'fine_tuning.job.event',
      created_at: 5,
      level: 'info',
      type: 'metrics',
      message: 'Step 1',
      data: { step: 1 },
    });
  });
});
