import { rm, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Readable } from 'node:stream';
import tar from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { JsonObject } from '#registry';
import { createTestDatabase, guardAgainstLeaks, type TestDatabase } from '#testing';
import { readEventFile } from '../testing/read-event-file.js';
import { RunningTrainer } from '../testing/running-trainer.js';
import type { FineTuningJobMetrics, FineTuningJobSampleList } from './measurements.dto.js';

guardAgainstLeaks();

let database: TestDatabase;
let trainer: RunningTrainer;
let corpusId: string;

/** Enough text to train on. */
const SONG = Array.from({ length: 60 }, (_, i) => `The ship ${i} sails to the island and comes back again.`).join('\n');

beforeAll(async () => {
  database = await createTestDatabase();
  trainer = await RunningTrainer.start(database.connectionString);
  corpusId = await trainer.upload(SONG);
});

afterAll(async () => {
  await trainer.close();
  await database.close();
});

/** A run that no worker begins, with these events. */
async function runThatTold(...events: readonly JsonObject[]): Promise<string> {
  const { registry } = trainer;
  const { id } = await registry.createTrainingRun({ corpusId, preset: 'small', seed: 1 });
  await registry.requestCancel(id);
  for (const data of events) await registry.addRunEvent(id, { type: 'metrics', message: 'Step', data });
  return id;
}

const training = (step: number, train_loss: number): JsonObject => ({ step, train_loss, gradient_norm: 1 });
const evaluation = (step: number, valid_loss: number, sample = ''): JsonObject => ({
  step,
  epoch: 1,
  train_loss: 2,
  valid_loss,
  sample,
});

async function metrics(id: string, query = ''): Promise<FineTuningJobMetrics> {
  const response = await trainer.fetch(`/v1/fine_tuning/jobs/${id}/metrics${query}`);
  expect(response.status).toBe(200);
  return (await response.json()) as FineTuningJobMetrics;
}

async function refusal(path: string): Promise<unknown> {
  const response = await trainer.fetch(path);
  const { error } = (await response.json()) as { error: { code: string; param: string | null } };
  return [response.status, error.code, error.param];
}

describe('the curve of a job', () => {
  it('has a column for each number, as long as the steps, with null where a step does not know it', async () => {
    const id = await runThatTold(training(1, 5), evaluation(2, 4.5, 'Some text.'), training(2, 4), training(3, 3));
    const curve = await metrics(id);
    expect(curve).toMatchObject({
      object: 'fine_tuning.job.metrics',
      fine_tuning_job_id: id,
      told: 4,
      has_more: false,
    });
    expect(curve.steps).toEqual([1, 2, 3]);
    expect(curve.columns.train_loss).toEqual([5, 4, 3]);
    expect(curve.columns.valid_loss).toEqual([null, 4.5, null]);
    expect(curve.columns.evaluated_train_loss).toEqual([null, 2, null]);
    for (const column of Object.values(curve.columns)) expect(column).toHaveLength(3);
    expect(curve.at).toHaveLength(3);
    expect(Math.abs((curve.at[0] ?? 0) - Date.now() / 1000)).toBeLessThan(600);
  });

  it('goes on where the answer before ended', async () => {
    const id = await runThatTold(training(1, 5), training(2, 4));
    const first = await metrics(id);
    const nothing = await metrics(id, `?after=${first.last_id}`);
    expect(nothing).toMatchObject({ steps: [], told: 0, last_id: first.last_id });
    await trainer.registry.addRunEvent(id, { type: 'metrics', message: 'Step', data: training(3, 3) });
    const more = await metrics(id, `?after=${first.last_id}`);
    expect(more).toMatchObject({ steps: [3], told: 1 });
    expect(await metrics(id, `?after=${more.last_id}`)).toMatchObject({ steps: [] });
  });

  it('is thinned to the points that are asked for, and keeps peaks, the last step and every evaluation', async () => {
    const losses = Array.from({ length: 100 }, (_, index) => (index === 41 ? 99 : index === 67 ? -1 : 5 - index / 100));
    const id = await runThatTold(
      ...losses.flatMap((loss, index) => [
        training(index + 1, loss),
        ...(index % 25 === 24 ? [evaluation(index + 1, 6)] : []),
      ]),
    );
    const { steps, columns, told } = await metrics(id, '?points=10');
    expect(told).toBe(104);
    const told_training = columns.train_loss.filter((loss) => loss !== null);
    expect(told_training.length).toBeLessThanOrEqual(11);
    expect(told_training).toContain(99);
    expect(told_training).toContain(-1);
    expect(columns.valid_loss.filter((loss) => loss !== null)).toHaveLength(4);
    expect(steps.at(-1)).toBe(100);
    expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
    expect((await metrics(id, '?points=200')).steps).toHaveLength(100);
  });

  it('is empty before anything is measured, and refuses what it does not know', async () => {
    const id = await runThatTold();
    expect(await metrics(id)).toMatchObject({ steps: [], at: [], told: 0, last_id: null, has_more: false });
    const path = `/v1/fine_tuning/jobs/${id}/metrics`;
    expect(await refusal(`${path}?points=1`)).toEqual([400, 'invalid_value', 'points']);
    expect(await refusal(`${path}?format=xml`)).toEqual([400, 'invalid_value', 'format']);
    expect(await refusal(`${path}?after=nothing`)).toEqual([400, 'invalid_value', 'after']);
    expect(await refusal('/v1/fine_tuning/jobs/ftjob-none/metrics')).toEqual([404, 'job_not_found', null]);
    expect(await refusal('/v1/fine_tuning/jobs/ftjob-none/samples')).toEqual([404, 'job_not_found', null]);
  });

  it('is there as CSV, whole, before the job has ended', async () => {
    const id = await runThatTold(training(1, 5), evaluation(1, 4));
    const response = await trainer.fetch(`/v1/fine_tuning/jobs/${id}/metrics?format=csv`);
    expect(response.headers.get('content-type')).toContain('text/csv');
    expect(response.headers.get('content-disposition')).toContain(`${id}.csv`);
    expect(await response.text()).toMatch(/^step,train_loss,[a-z_,]+\n1,5,,4,/);
  });
});

describe('the texts that a job wrote', () => {
  it('are listed with their step, the newest first, a page at a time', async () => {
    const id = await runThatTold(training(1, 5), evaluation(1, 4, 'First.'), evaluation(2, 3, 'Second.'));
    const page = async (query: string): Promise<FineTuningJobSampleList> =>
      (await (await trainer.fetch(`/v1/fine_tuning/jobs/${id}/samples${query}`)).json()) as FineTuningJobSampleList;
    const first = await page('?limit=1');
    expect(first).toMatchObject({ has_more: true, data: [{ step: 2, epoch: 1, valid_loss: 3, text: 'Second.' }] });
    expect(await page(`?limit=1&after=${first.last_id}`)).toMatchObject({
      has_more: false,
      data: [{ step: 1, text: 'First.' }],
    });
  });
});

describe('the archive for TensorBoard', () => {
  async function entries(id: string): Promise<ReadonlyMap<string, Buffer>> {
    const response = await trainer.fetch(`/v1/fine_tuning/jobs/${id}/tensorboard`);
    expect(response.status).toBe(200);
    const found = new Map<string, Buffer>();
    const bytes = gunzipSync(Buffer.from(await response.arrayBuffer()));
    for await (const entry of Readable.from([bytes]).pipe(tar.extract())) {
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      found.set(entry.header.name, Buffer.concat(chunks));
    }
    return found;
  }

  it('holds event files made of the curve where the run left none on this machine', async () => {
    const id = await runThatTold(training(1, 5), evaluation(1, 4, 'Some text.'));
    const [[name, bytes] = ['', Buffer.alloc(0)], ...others] = [...(await entries(id))];
    expect(others).toEqual([]);
    expect(name).toMatch(new RegExp(`^${id}/events\\.out\\.tfevents\\.`));
    const folder = await mkdtemp(join(tmpdir(), 'events-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'file'), bytes);
    const [version, ...events] = readEventFile(join(folder, 'file'));
    expect(version?.fileVersion).toBe('brain.Event:2');
    expect(events.map(({ step }) => step)).toEqual([1, 1, 1]);
    expect(events[0]?.scalars).toMatchObject({ 'loss/train': 5, 'optimizer/gradient_norm': 1 });
    expect(events[1]?.scalars).toMatchObject({ 'loss/validation': 4, 'loss/train_evaluated': 2 });
    expect(events[2]?.texts).toEqual({ sample: 'Some text.' });
  });

  it('holds the files that the run wrote, byte for byte', async () => {
    const id = await trainer.train(SONG);
    await trainer.until(id, ({ finishedAt }) => finishedAt !== null);
    const found = await entries(id);
    expect(found.size).toBe(1);
    for (const [name, bytes] of found) {
      const path = join(trainer.config.tensorBoardDir, name);
      expect(readEventFile(path).length).toBeGreaterThan(1);
      const folder = await mkdtemp(join(tmpdir(), 'events-'));
      onTestFinished(() => rm(folder, { recursive: true }));
      await writeFile(join(folder, 'file'), bytes);
      expect(readEventFile(join(folder, 'file'))).toEqual(readEventFile(path));
    }
  });

  it('is refused for a job that has measured nothing', async () => {
    const id = await runThatTold();
    expect(await refusal(`/v1/fine_tuning/jobs/${id}/tensorboard`)).toEqual([404, 'not_found', null]);
  });
});
