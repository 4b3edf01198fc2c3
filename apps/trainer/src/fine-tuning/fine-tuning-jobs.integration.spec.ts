import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, guardAgainstLeaks, tinyCorpus, type TestDatabase, type TinyCorpus } from '#testing';
import { ENDLESS, RunningTrainer, TINY } from '../testing/running-trainer.js';
import type { FineTuningJob } from './job.dto.js';
import { JobEventStreams } from './job-event-streams.js';

guardAgainstLeaks();

let database: TestDatabase;
let trainer: RunningTrainer;
let corpus: TinyCorpus;
let openai: OpenAI;
let jsonl: string;

beforeAll(async () => {
  corpus = await tinyCorpus({ documents: 10, words: 200 });
  jsonl = corpus.texts.map((text) => JSON.stringify({ text })).join('\n');
  database = await createTestDatabase();
  trainer = await RunningTrainer.start(database.connectionString);
  openai = new OpenAI({ apiKey: trainer.key, baseURL: `${trainer.url}/v1`, maxRetries: 0 });
});

afterAll(async () => {
  await trainer.close();
  await database.close();
  await corpus.remove();
});

interface ErrorAnswer {
  error: { message: string; type: string; param: string | null; code: string };
}

async function create(body: unknown): Promise<{ status: number } & ErrorAnswer['error']> {
  const response = await trainer.fetch('/v1/fine_tuning/jobs', { method: 'POST', body });
  return { status: response.status, ...((await response.json()) as ErrorAnswer).error };
}

describe('a fine-tuning job', () => {
  it('goes from an uploaded file to a registered model version, driven by the official client', async () => {
    const file = await openai.files.create({
      file: await toFile(Buffer.from(jsonl), 'corpus.jsonl'),
      purpose: 'fine-tune',
    });
    const hyperparameters = { ...TINY, learning_rate_multiplier: 'auto' as const };
    const created = await openai.fineTuning.jobs.create({
      model: 'small',
      training_file: file.id,
      suffix: 'demo',
      seed: 5,
      metadata: { team: 'a' },
      method: { type: 'supervised', supervised: { hyperparameters } },
    });
    expect(created).toMatchObject({
      object: 'fine_tuning.job',
      status: 'queued',
      model: 'small',
      training_file: file.id,
      seed: 5,
      metadata: { team: 'a' },
    });
    expect(created.hyperparameters).toMatchObject({ n_epochs: 1, batch_size: 2, learning_rate_multiplier: 1 });

    await trainer.until(created.id, ({ finishedAt }) => finishedAt !== null);
    const job = await openai.fineTuning.jobs.retrieve(created.id);
    expect(job).toMatchObject({ status: 'succeeded', error: null, estimated_finish: null });
    expect(job.fine_tuned_model).toMatch(/^ft:small:demo:.{8}$/);
    expect(job.trained_tokens).toBeGreaterThan(0);
    const version = await trainer.registry.getModelVersion(job.fine_tuned_model ?? '');
    expect(version).toMatchObject({
      preset: 'small',
      number: 1,
      state: 'registered',
      seed: 5,
      trainingRunId: job.id,
      trainedTokens: job.trained_tokens,
    });
    expect(version.metrics).toMatchObject({ validation: { perplexity: expect.any(Number) as number } });

    const messages: string[] = [];
    for await (const event of openai.fineTuning.jobs.listEvents(job.id, { limit: 3 })) messages.push(event.message);
    expect(messages[0]).toContain(version.id);
    expect(messages.at(-1)).toContain('queued');
    expect(messages.some((message) => message.includes('10 documents'))).toBe(true);
    const conflict = await openai.fineTuning.jobs.cancel(job.id).catch((error: unknown) => error);
    expect(conflict).toMatchObject({ status: 409, code: 'conflict' });
    expect(await openai.files.delete(file.id)).toMatchObject({ deleted: true });
  });

  it('draws a seed when none is given, and tells it', async () => {
    const id = await trainer.upload(corpus.texts.join('\n'));
    const seeds: number[] = [];
    for (let i = 0; i < 2; i++) {
      // The old place of the hyper-parameters.
      const body = { model: 'small', training_file: id, hyperparameters: TINY };
      const job = (await (await trainer.fetch('/v1/fine_tuning/jobs', { body })).json()) as FineTuningJob;
      expect(job.hyperparameters).toMatchObject(TINY);
      seeds.push(job.seed);
      await trainer.until(job.id, ({ finishedAt }) => finishedAt !== null);
      expect((await openai.fineTuning.jobs.retrieve(job.id)).seed).toBe(job.seed);
    }
    expect(seeds[0]).not.toBe(seeds[1]);
  });

  it('fails with the code of the cause when the corpus cannot be trained on', async () => {
    const id = await trainer.train(
      'Twenty words are not enough to train a model on, so this job has to fail with a clear reason.',
      { hyperparameters: { batch_size: 32, sequence_length: 50 } },
    );
    await trainer.until(id, ({ finishedAt }) => finishedAt !== null);
    const job = await openai.fineTuning.jobs.retrieve(id);
    expect(job).toMatchObject({ status: 'failed', fine_tuned_model: null, error: { code: 'corpus_too_small' } });
    expect(
      (await trainer.registry.listModelVersions()).items.filter(({ trainingRunId }) => trainingRunId === id),
    ).toEqual([]);
  });

  it('keeps its file from being deleted until it is cancelled, and stops within its grace time', async () => {
    const id = await trainer.train(jsonl, { filename: 'corpus.jsonl', hyperparameters: ENDLESS });
    const { training_file } = await openai.fineTuning.jobs.retrieve(id);
    await trainer.until(id, ({ progress }) => Number(progress?.['step'] ?? 0) > 0);
    expect(await openai.fineTuning.jobs.retrieve(id)).toMatchObject({
      status: 'running',
      estimated_finish: expect.any(Number) as number,
    });
    const metrics = await (await trainer.fetch('/metrics')).text();
    expect(metrics).toMatch(/understudy_training_tokens_per_second\{preset="small"\} \d/);
    expect(await openai.files.delete(training_file).catch((error: unknown) => error)).toMatchObject({ status: 409 });
    await openai.fineTuning.jobs.cancel(id);
    await trainer.until(id, ({ state }) => state === 'cancelled');
    expect(await openai.files.delete(training_file)).toMatchObject({ deleted: true });
    expect(await openai.fineTuning.jobs.cancel(id)).toMatchObject({ status: 'cancelled' });
  });

  it('is cancelled at once while it waits behind another', async () => {
    const running = await trainer.train(jsonl, { filename: 'corpus.jsonl', hyperparameters: ENDLESS });
    await trainer.until(running, ({ state }) => state === 'running');
    const waiting = await trainer.train(jsonl, { filename: 'corpus.jsonl' });
    expect(await openai.fineTuning.jobs.cancel(waiting)).toMatchObject({ status: 'cancelled' });
    await openai.fineTuning.jobs.cancel(running);
    await trainer.until(running, ({ state }) => state === 'cancelled');
    expect(await openai.fineTuning.jobs.retrieve(waiting)).toMatchObject({ status: 'cancelled', trained_tokens: 0 });
  });
});

describe('the event stream of a job', () => {
  it('replays what was, follows what comes, and ends with the job', async () => {
    const id = await trainer.train(jsonl, { filename: 'corpus.jsonl' });
    const response = await trainer.fetch(`/v1/fine_tuning/jobs/${id}/events`, {
      headers: { accept: 'text/event-stream' },
    });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const frames = (await response.text()).split('\n\n').filter((frame) => frame.startsWith('id: '));
    const events = frames.map(
      (frame) => JSON.parse(frame.slice(frame.indexOf('data: ') + 6)) as { id: string; message: string },
    );
    const { items } = await trainer.registry.listRunEvents(id, { limit: 100 });
    expect(events.map((event) => event.id)).toEqual(items.map((event) => event.id));
    expect(events.at(-1)?.message).toContain('succeeded');
    const again = await trainer.fetch(`/v1/fine_tuning/jobs/${id}/events`, {
      headers: { accept: 'text/event-stream', 'last-event-id': events.at(-2)?.id ?? '' },
    });
    const text = await again.text();
    expect(text.match(/^id: /gm)).toHaveLength(1);
    expect(text.endsWith('\n\ndata: [DONE]\n\n')).toBe(true);
  });

  it('stops looking for events when the reader goes away', async () => {
    const id = await trainer.train(jsonl, { filename: 'corpus.jsonl', hyperparameters: ENDLESS });
    const gone = new AbortController();
    const response = await fetch(`${trainer.url}/v1/fine_tuning/jobs/${id}/events`, {
      headers: { authorization: `Bearer ${trainer.key}`, accept: 'text/event-stream' },
      signal: gone.signal,
    });
    await response.body?.getReader().read();
    const streams = trainer.app.get(JobEventStreams, { strict: false });
    expect(streams.open).toBe(1);
    gone.abort();
    await expect.poll(() => streams.open).toBe(0);
    await openai.fineTuning.jobs.cancel(id);
    await trainer.until(id, ({ state }) => state === 'cancelled');
  });

  it('is a 404 for a job that does not exist', async () => {
    const response = await trainer.fetch('/v1/fine_tuning/jobs/ftjob-nope/events', {
      headers: { accept: 'text/event-stream' },
    });
    expect(response.status).toBe(404);
    expect(((await response.json()) as ErrorAnswer).error.code).toBe('job_not_found');
  });
});

describe('a request for a job', () => {
  let file: string;
  beforeAll(async () => {
    file = await trainer.upload('text');
  });

  const supervised = (hyperparameters: unknown): unknown => ({
    method: { type: 'supervised', supervised: { hyperparameters } },
  });

  it.each<[string, Record<string, unknown>, string, string]>([
    ['an unknown model', { model: 'gpt-4' }, 'invalid_value', 'model'],
    ['no model', { model: undefined }, 'missing_parameter', 'model'],
    ['no file', { training_file: undefined }, 'missing_parameter', 'training_file'],
    ['a file that does not exist', { training_file: 'file-nope' }, 'file_not_found', 'training_file'],
    ['an unknown field', { colour: 'red' }, 'unknown_parameter', 'colour'],
    [
      'an unknown hyper-parameter',
      supervised({ rank: 8 }) as Record<string, unknown>,
      'unknown_parameter',
      'method.supervised.hyperparameters.rank',
    ],
    [
      'an unknown hyper-parameter of the old place',
      { hyperparameters: { rank: 8 } },
      'unknown_parameter',
      'hyperparameters.rank',
    ],
    [
      'a hyper-parameter outside its limits',
      supervised({ n_epochs: 0 }) as Record<string, unknown>,
      'invalid_value',
      'method.supervised.hyperparameters.n_epochs',
    ],
    [
      'a hyper-parameter of a wrong type',
      supervised({ batch_size: '32' }) as Record<string, unknown>,
      'invalid_value',
      'method.supervised.hyperparameters.batch_size',
    ],
    [
      'hyper-parameters in both places',
      { ...(supervised({}) as object), hyperparameters: {} },
      'invalid_value',
      'hyperparameters',
    ],
    ['an unknown field of the method', { method: { type: 'supervised', dpo: {} } }, 'unknown_parameter', 'method.dpo'],
    ['another method', { method: { type: 'dpo' } }, 'invalid_value', 'method.type'],
    ['a bad suffix', { suffix: 'My Model' }, 'invalid_value', 'suffix'],
    ['a negative seed', { seed: -1 }, 'invalid_value', 'seed'],
    ['metadata of other values', { metadata: { a: 1 } }, 'invalid_value', 'metadata'],
    ['integrations', { integrations: [{ type: 'wandb' }] }, 'unsupported_parameter', 'integrations'],
  ])('is refused with %s, naming it', async (_, change, code, param) => {
    const answer = await create({ model: 'small', training_file: file, ...change });
    expect(answer).toMatchObject({
      code,
      param,
      status: code === 'file_not_found' ? 404 : 400,
      type: 'invalid_request_error',
    });
    expect(answer.message.length).toBeGreaterThan(10);
  });

  it.each([
    ['metadata=plain', 'metadata'],
    [`metadata[a]=${'x'.repeat(600)}`, 'metadata'],
    ['colour[a]=b', 'colour'],
  ])('for a list is refused with ?%s', async (query, param) => {
    const response = await trainer.fetch(`/v1/fine_tuning/jobs?${query}`);
    expect(response.status).toBe(400);
    expect(((await response.json()) as ErrorAnswer).error.param).toBe(param);
  });

  it('is told the presets when the model is none of them', async () => {
    expect((await create({ model: 'huge', training_file: file })).message).toMatch(/small.*intermediate.*medium/);
  });

  it.each<[string, unknown, number, string]>([
    ['that is not JSON', '{"model": ', 400, 'invalid_json'],
    ['that is a list', [], 400, 'invalid_value'],
    ['over the limit', { model: 'x'.repeat(1024 * 1024) }, 413, 'body_too_large'],
  ])('is refused with a body %s', async (_, body, status, code) => {
    expect(await create(body)).toMatchObject({ status, code, param: null });
  });

  it.each([
    '/v1/fine_tuning/jobs/ftjob-nope',
    '/v1/fine_tuning/jobs/%2e%2e%2f',
    '/v1/fine_tuning/jobs/ftjob-nope/events',
    '/v1/fine_tuning/jobs/ftjob-nope/checkpoints',
  ])('is a 404 for %s', async (path) => {
    const response = await trainer.fetch(path);
    expect(response.status).toBe(404);
    expect(((await response.json()) as ErrorAnswer).error.code).toBe('job_not_found');
  });

  it.each([
    ['GET', '/v1/fine_tuning'],
    ['PUT', '/v1/files'],
    ['GET', '/favicon.ico'],
  ])('is a 404 in the usual shape for %s %s', async (method, path) => {
    const response = await trainer.fetch(path, { method });
    expect(response.status).toBe(404);
    expect(Object.keys(((await response.json()) as ErrorAnswer).error).sort()).toEqual([
      'code',
      'message',
      'param',
      'type',
    ]);
  });
});
