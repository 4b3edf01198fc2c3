import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FolderArtifactStore } from '#artifacts';
import { createTestDatabase, guardAgainstLeaks, tinyCorpus, type TestDatabase } from '#testing';
import { readEventFile } from '../testing/read-event-file.js';
import { ENDLESS, RunningTrainer } from '../testing/running-trainer.js';
import { fromStored } from '../training/run-progress.js';
import { GAUGE_READINGS } from './gauge-readings.js';
import { ResultFiles } from './result-files.js';
import { readCurve } from './run-curve.js';

guardAgainstLeaks();

let database: TestDatabase;
let trainer: RunningTrainer;
let text: string;

beforeAll(async () => {
  const corpus = await tinyCorpus({ documents: 10, words: 200 });
  text = corpus.texts.map((document) => JSON.stringify({ text: document })).join('\n');
  await corpus.remove();
  database = await createTestDatabase();
  trainer = await RunningTrainer.start(database.connectionString);
});

afterAll(async () => {
  await trainer.close();
  await database.close();
});

interface JobBody {
  readonly status: string;
  readonly result_files: string[];
}

async function json<T>(path: string): Promise<T> {
  return (await (await trainer.fetch(path)).json()) as T;
}

async function train(hyperparameters: Record<string, unknown> = {}): Promise<string> {
  return trainer.train(text, { filename: 'corpus.jsonl', hyperparameters });
}

async function resultOf(id: string): Promise<string> {
  const { result_files } = await json<JobBody>(`/v1/fine_tuning/jobs/${id}`);
  expect(result_files).toHaveLength(1);
  return (await trainer.fetch(`/v1/files/${result_files[0] ?? ''}/content`)).text();
}

/** The samples of the trainer's metrics by name and labels. */
async function gauges(): Promise<Map<string, number>> {
  const answer = await (await trainer.fetch('/metrics')).text();
  const lines = answer.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

/** The lines of a CSV as objects. */
function rows(csv: string): Record<string, string>[] {
  const [header = '', ...lines] = csv.trimEnd().split('\n');
  const names = header.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((field, index) => [names[index] ?? '', field])));
}

describe('what a run measured', () => {
  it('is a file of its job, event files for TensorBoard, and events: with the same numbers', async () => {
    const id = await train();
    await trainer.until(id, ({ state }) => state === 'succeeded');
    const { result_files } = await json<JobBody>(`/v1/fine_tuning/jobs/${id}`);
    const file = await json(`/v1/files/${result_files[0] ?? ''}`);
    expect(file).toMatchObject({ purpose: 'fine-tune-results', filename: `${id}.csv`, status: 'processed' });
    const { data } = await json<{ data: { id: string }[] }>('/v1/files?purpose=fine-tune-results');
    expect(data.map((item) => item.id)).toContain(result_files[0]);

    const curve = await readCurve(trainer.registry, id);
    const table = rows(await resultOf(id));
    expect(table.map(({ step }) => Number(step))).toEqual(curve.map(({ step }) => step));
    const folder = join(trainer.config.tensorBoardDir, id);
    const [name = ''] = await readdir(folder);
    const charts = new Map<string, number>();
    for (const { step, scalars, texts } of readEventFile(join(folder, name))) {
      for (const [tag, value] of Object.entries(scalars)) charts.set(`${tag} ${step}`, value);
      for (const tag of Object.keys(texts)) charts.set(`${tag} ${step}`, Number.NaN);
    }
    const last = table.at(-1);
    const near = (value: unknown): unknown => expect.closeTo(Number(value), 3);
    const { step, training, evaluation } = curve.at(-1) ?? { step: 0, training: null, evaluation: null };
    for (const [tag, column, number] of [
      ['loss/train', 'train_loss', training?.['train_loss']],
      ['optimizer/learning_rate', 'learning_rate', training?.['learning_rate']],
      ['optimizer/gradient_norm', 'gradient_norm', training?.['gradient_norm']],
      ['optimizer/update_ratio', 'update_ratio', training?.['update_ratio']],
      ['speed/compute_ms', 'compute_ms', training?.['compute_ms']],
      ['loss/validation', 'valid_loss', evaluation?.['valid_loss']],
      ['top1/train', 'train_accuracy', evaluation?.['train_mean_token_accuracy']],
      ['top1/validation', 'valid_mean_token_accuracy', evaluation?.['valid_mean_token_accuracy']],
      ['top1/gap_points', 'gap_points', evaluation?.['gap_points']],
    ] as const) {
      expect([column, last?.[column]]).toEqual([column, String(Number(Number(number).toPrecision(8)))]);
      expect([tag, charts.get(`${tag} ${step}`)]).toEqual([tag, near(number)]);
    }
    expect(charts.has(`sample ${step}`)).toBe(true);
  });

  it('cannot be trained on', async () => {
    const { items } = await trainer.registry.listCorpora({ purpose: 'fine-tune-results' });
    const response = await trainer.fetch('/v1/fine_tuning/jobs', {
      body: { model: 'small', training_file: items[0]?.id },
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: 'invalid_value', param: 'training_file' } });
  });

  it('is kept when the job is cancelled', async () => {
    const id = await train(ENDLESS);
    await trainer.until(id, async () => (await readCurve(trainer.registry, id)).length > 0);
    await trainer.registry.requestCancel(id);
    await trainer.until(id, ({ state }) => state === 'cancelled');
    expect(rows(await resultOf(id)).length).toBeGreaterThan(0);
  });

  it('is one curve when the job is paused and resumed', async () => {
    const id = await train(ENDLESS);
    await trainer.until(id, async () => (await readCurve(trainer.registry, id)).length > 2);
    await trainer.fetch(`/v1/fine_tuning/jobs/${id}/pause`, { method: 'POST' });
    const paused = await trainer.until(id, ({ state }) => state === 'paused');
    expect(paused.resultFileId).toBeNull();
    await trainer.fetch(`/v1/fine_tuning/jobs/${id}/resume`, { method: 'POST' });
    await trainer.until(id, ({ progress }) => Number(progress?.['step']) > paused.savedStep + 1);
    await trainer.registry.requestCancel(id);
    await trainer.until(id, ({ state }) => state === 'cancelled');

    const folder = join(trainer.config.tensorBoardDir, id);
    const files = (await readdir(folder)).sort().map((name) => readEventFile(join(folder, name)));
    expect(files.map((events) => events.find(({ restart }) => restart)?.step)).toEqual([1, paused.savedStep + 1]);
    const steps = rows(await resultOf(id)).map(({ step }) => Number(step));
    expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
    expect(steps.at(-1)).toBeGreaterThan(paused.savedStep);
  });

  it('becomes a file later where the run ended without a worker, once', async () => {
    const { registry, config } = trainer;
    const corpusId = await trainer.upload('text');
    const run = await registry.createTrainingRun({ corpusId, preset: 'small', seed: 1 });
    await registry.requestCancel(run.id);
    const data = { step: 5, train_loss: 2.5 };
    await registry.addRunEvent(run.id, { type: 'metrics', message: 'Step 5', data });
    const resultFiles = new ResultFiles(registry, new FolderArtifactStore(config.artifactDir));
    resultFiles.onApplicationBootstrap();
    await trainer.until(run.id, ({ resultFileId }) => resultFileId !== null);
    await resultFiles.onModuleDestroy();
    expect(rows(await resultOf(run.id))).toMatchObject([{ step: '5', train_loss: '2.5', valid_loss: '' }]);
    await expect(resultFiles.keep(run.id, null)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('takes the last word on a step that two attempts have told', async () => {
    const { registry } = trainer;
    const corpusId = await trainer.upload('text');
    const run = await registry.createTrainingRun({ corpusId, preset: 'small', seed: 1 });
    await registry.requestCancel(run.id);
    for (const [step, train_loss] of [
      [10, 5],
      [20, 4],
      [10, 4.5],
    ]) {
      await registry.addRunEvent(run.id, { type: 'metrics', message: 'Step', data: { step, train_loss } });
    }
    await registry.addRunEvent(run.id, { type: 'metrics', message: 'Step', data: { step: 10, valid_loss: 6 } });
    expect(await readCurve(registry, run.id)).toMatchObject([
      { step: 10, training: { step: 10, train_loss: 4.5 }, evaluation: { step: 10, valid_loss: 6 } },
      { step: 20, training: { step: 20, train_loss: 4 }, evaluation: null },
    ]);
  });
});

describe('a running run', () => {
  it('shows every number as a gauge, and how long it has waited; an ended one shows none', async () => {
    const id = await train(ENDLESS);
    await trainer.until(id, ({ progress }) => progress !== null && fromStored(progress)?.evaluation !== null);
    const running = await gauges();
    await trainer.registry.requestCancel(id);
    await trainer.until(id, ({ state }) => state === 'cancelled');
    const measured = Object.keys(GAUGE_READINGS).map((name) => `${name}{preset="small"}`);
    const parts = ['read', 'compute', 'optimizer'].map(
      (part) => `understudy_training_step_seconds{preset="small",part="${part}"}`,
    );
    for (const name of [...measured, ...parts]) expect([name, running.get(name)]).toEqual([name, expect.any(Number)]);
    for (const name of ['perplexity', 'learning_rate', 'gradient_norm', 'update_ratio', 'validation_top1'])
      expect([name, running.get(`understudy_training_${name}{preset="small"}`)]).not.toEqual([name, 0]);
    expect(running.get('understudy_training_queue_wait_seconds_count{preset="small"}')).toBeGreaterThan(0);
    await expect.poll(async () => [...(await gauges()).keys()].filter((name) => measured.includes(name))).toEqual([]);
  });
});

describe('a job that measured nothing', () => {
  it('has no file of it', async () => {
    const id = await trainer.train('too little text');
    await trainer.until(id, ({ state }) => state === 'failed');
    expect((await json<JobBody>(`/v1/fine_tuning/jobs/${id}`)).result_files).toEqual([]);
  });
});
