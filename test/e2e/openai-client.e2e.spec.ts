import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '#database';
import { Registry } from '#registry';
import { createTestDatabase, guardAgainstLeaks, tinyCorpus, type TestDatabase } from '#testing';

guardAgainstLeaks();

type Job = OpenAI.FineTuning.FineTuningJob;
type JobEvent = OpenAI.FineTuning.FineTuningJobEvent;
type Checkpoint = OpenAI.FineTuning.Jobs.FineTuningJobCheckpoint;
type FileObject = OpenAI.FileObject;

/** Every field of an official type: one that the client gets in a later version and that is missing here does not compile. */
type EveryFieldOf<T> = Readonly<Record<keyof T, unknown>>;

const HYPERPARAMETERS = {
  n_epochs: 3,
  batch_size: 4,
  learning_rate_multiplier: 'auto',
  sequence_length: 16,
  embedding_dim: 16,
  lstm_units: 24,
  num_layers: 1,
} as const;

const services: ChildProcess[] = [];
let database: TestDatabase;
let opened: Database;
let dataDir: string;
let text: string;
let heldOut: string;
let trainer: OpenAI;
let generator: OpenAI;

beforeAll(async () => {
  const corpus = await tinyCorpus({ documents: 12, words: 400, seed: 1 });
  const [first = '', ...others] = corpus.texts;
  heldOut = first;
  text = others.map((document, index) => JSON.stringify({ text: document, name: `part ${index}` })).join('\n');
  await corpus.remove();
  database = await createTestDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'understudy-openai-'));
  opened = openDatabase({ connectionString: database.connectionString });
  const { key } = await new Registry(opened).createApiKey({ name: 'client', scopes: ['admin'], actor: 'test' });
  const client = (url: string): OpenAI => new OpenAI({ apiKey: key, baseURL: `${url}/v1`, maxRetries: 0 });
  trainer = client(await start('trainer'));
  generator = client(await start('generator'));
});

afterAll(async () => {
  for (const service of services) service.kill('SIGTERM');
  for (const service of services) if (service.exitCode === null) await once(service, 'exit');
  await opened.close();
  await database.close();
  await rm(dataDir, { recursive: true, force: true });
});

/** Starts a service as a process of its own and gives its address. */
async function start(app: 'trainer' | 'generator'): Promise<string> {
  const main = fileURLToPath(new URL(`../../apps/${app}/src/main.js`, import.meta.url));
  const settings = { TRAINER_PORT: '0', GENERATOR_PORT: '0', TRAINING_THREADS: '1', CHECKPOINT_KEEP_EVERY: '1' };
  const service = spawn(process.execPath, [main], {
    env: { DATABASE_URL: database.connectionString, DATA_DIR: dataDir, POLL_INTERVAL_MS: '200', ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  services.push(service);
  for await (const line of createInterface({ input: service.stdout })) {
    const { url } = JSON.parse(line) as { url?: string };
    if (url === undefined) continue;
    service.stdout.resume();
    return url;
  }
  throw new Error(`The ${app} ended before it listened.`);
}

async function untilEnded(id: string): Promise<Job> {
  for (;;) {
    const job = await trainer.fineTuning.jobs.retrieve(id);
    if (job.finished_at !== null) return job;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function every<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of pages) items.push(item);
  return items;
}

async function textOf(fileId: string): Promise<string> {
  return (await trainer.files.content(fileId)).text();
}

const seconds = expect.closeTo(Date.now() / 1000, -3) as number;
const anyNumber = expect.any(Number) as number;

describe('the official client', () => {
  let file: FileObject;
  let validationFile: FileObject;
  let job: Job;
  let checkpoints: Checkpoint[];

  it('uploads files, waits until they are checked, lists, describes and reads them', async () => {
    file = await trainer.files.create({ file: await toFile(Buffer.from(text), 'parts.jsonl'), purpose: 'fine-tune' });
    validationFile = await trainer.files.create({
      file: await toFile(Buffer.from(heldOut), 'held out.txt'),
      purpose: 'fine-tune',
    });
    file = await trainer.files.waitForProcessing(file.id, { pollInterval: 100 });
    expect(file).toMatchObject({
      id: expect.stringMatching(/^file-/) as string,
      object: 'file',
      bytes: Buffer.byteLength(text),
      created_at: seconds,
      filename: 'parts.jsonl',
      purpose: 'fine-tune',
      status: 'processed',
    });
    const fields = { id: 1, object: 1, bytes: 1, created_at: 1, filename: 1, purpose: 1, status: 1, status_details: 1 };
    // Files never expire, so the optional `expires_at` is left out.
    const official: EveryFieldOf<Omit<FileObject, 'expires_at'>> = fields;
    expect(Object.keys(file)).toEqual(expect.arrayContaining(Object.keys(official)));
    expect(await trainer.files.retrieve(file.id)).toEqual(file);
    expect((await every(trainer.files.list({ limit: 1 }))).map(({ id }) => id)).toEqual([validationFile.id, file.id]);
    expect(await textOf(file.id)).toBe(text);
  });

  it('creates a job, follows it to its end, and reads every field of it', async () => {
    const created = await trainer.fineTuning.jobs.create({
      model: 'small',
      training_file: file.id,
      validation_file: validationFile.id,
      suffix: 'e2e',
      seed: 7,
      metadata: { team: 'a' },
      method: { type: 'supervised', supervised: { hyperparameters: { ...HYPERPARAMETERS } } },
    });
    expect(created).toMatchObject({
      status: 'queued',
      fine_tuned_model: null,
      finished_at: null,
      trained_tokens: null,
    });
    job = await untilEnded(created.id);
    const hyperparameters = { ...HYPERPARAMETERS, learning_rate_multiplier: 1 };
    const expected: EveryFieldOf<Job> = {
      id: created.id,
      object: 'fine_tuning.job',
      created_at: seconds,
      finished_at: seconds,
      estimated_finish: null,
      model: 'small',
      fine_tuned_model: expect.stringMatching(/^ft:small:e2e:[A-Za-z0-9]{8}$/),
      organization_id: expect.any(String),
      status: 'succeeded',
      error: null,
      training_file: file.id,
      validation_file: validationFile.id,
      result_files: [expect.stringMatching(/^file-/)],
      trained_tokens: anyNumber,
      seed: 7,
      hyperparameters,
      method: { type: 'supervised', supervised: { hyperparameters } },
      metadata: { team: 'a' },
      integrations: [],
    };
    expect(job).toMatchObject(expected);
    const listed = async (query: OpenAI.FineTuning.JobListParams): Promise<string[]> =>
      (await every(trainer.fineTuning.jobs.list(query))).map(({ id }) => id);
    expect(await listed({ limit: 1 })).toEqual([job.id]);
    expect(await listed({ metadata: { team: 'a' } })).toEqual([job.id]);
    for (const metadata of [{ team: 'b' }, { team: 'a', other: 'x' }, null])
      expect(await listed({ metadata })).toEqual([]);
  });

  it('reads the events of the job, newest first', async () => {
    const events = await every(trainer.fineTuning.jobs.listEvents(job.id, { limit: 5 }));
    const official: EveryFieldOf<JobEvent> = {
      id: expect.stringMatching(/^ftevent-/),
      object: 'fine_tuning.job.event',
      created_at: seconds,
      level: 'info',
      type: expect.stringMatching(/^(message|metrics)$/),
      message: expect.any(String),
      data: expect.anything(),
    };
    for (const event of events) expect(event).toMatchObject({ ...official, data: event.data });
    expect(events[0]?.message).toContain(job.fine_tuned_model);
    expect(events.at(-1)?.message).toContain('queued');
    const metrics = events.filter(({ type }) => type === 'metrics').map(({ data }) => data);
    expect(metrics).toContainEqual(expect.objectContaining({ step: anyNumber, valid_loss: anyNumber }));
  });

  it('lists a checkpoint for each evaluation, the last step first', async () => {
    checkpoints = await every(trainer.fineTuning.jobs.checkpoints.list(job.id, { limit: 2 }));
    expect(checkpoints.length).toBeGreaterThanOrEqual(3);
    const steps = checkpoints.map(({ step_number }) => step_number);
    expect(steps).toEqual([...new Set(steps)].sort((a, b) => b - a));
    for (const checkpoint of checkpoints) {
      const { step_number: step } = checkpoint;
      const official: EveryFieldOf<Checkpoint> = {
        id: expect.stringMatching(/^ftckpt-/),
        object: 'fine_tuning.job.checkpoint',
        created_at: seconds,
        fine_tuned_model_checkpoint: `${job.fine_tuned_model ?? ''}:ckpt-step-${step}`,
        fine_tuning_job_id: job.id,
        step_number: step,
        metrics: {
          step,
          train_loss: anyNumber,
          train_mean_token_accuracy: anyNumber,
          valid_loss: anyNumber,
          valid_mean_token_accuracy: anyNumber,
        },
      };
      expect(checkpoint).toEqual(official);
    }
    const losses = checkpoints.map(({ metrics }) => metrics.valid_loss ?? Number.NaN);
    expect(losses[0]).toBeLessThan(losses.at(-1) ?? 0);
  });

  it('reads what the job measured as a CSV file', async () => {
    const [resultFile = ''] = job.result_files;
    expect(await trainer.files.retrieve(resultFile)).toMatchObject({ purpose: 'fine-tune-results' });
    const [head, ...lines] = (await textOf(resultFile)).trim().split('\n');
    expect(head).toMatch(/^step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy/);
    expect(lines.length).toBeGreaterThanOrEqual(checkpoints.length);
  });

  it('completes with the version and with a checkpoint', async () => {
    const complete = (model: string): Promise<OpenAI.Completion> =>
      generator.completions.create({ model, prompt: 'The', max_tokens: 8, seed: 1 });
    const first = checkpoints.at(-1)?.fine_tuned_model_checkpoint ?? '';
    for (const model of [job.fine_tuned_model ?? '', first]) {
      const answer = await complete(model);
      expect(answer).toMatchObject({ object: 'text_completion', model });
      expect(answer.choices[0]?.text).toMatch(/\S/);
      expect(await complete(model)).toMatchObject({ choices: answer.choices });
    }
    const models = (await every(generator.models.list())).map(({ id }) => id);
    expect(models).toEqual(expect.arrayContaining([job.fine_tuned_model, first]));
  });

  it('continues the version, and a checkpoint, with the tokenizer of that model', async () => {
    const middle = checkpoints[1]?.fine_tuned_model_checkpoint ?? '';
    for (const model of [job.fine_tuned_model ?? '', middle]) {
      const { id } = await trainer.fineTuning.jobs.create({
        model,
        training_file: file.id,
        validation_file: validationFile.id,
        seed: 8,
        method: { type: 'supervised', supervised: { hyperparameters: { n_epochs: 1, batch_size: 4 } } },
      });
      const continued = await untilEnded(id);
      expect(continued).toMatchObject({ status: 'succeeded', model, error: null });
      const [, ...more] = await every(trainer.fineTuning.jobs.checkpoints.list(id));
      const answer = await generator.completions.create({
        model: continued.fine_tuned_model ?? '',
        prompt: 'The',
        max_tokens: 4,
      });
      expect(answer.usage?.completion_tokens).toBeLessThanOrEqual(4);
      // It begins where the other ended, not at a loss of ln V.
      const firstLoss = more.at(-1)?.metrics.valid_loss ?? 0;
      expect(firstLoss).toBeLessThan(checkpoints.at(-1)?.metrics.valid_loss ?? 0);
    }
  });

  it('pauses, resumes and cancels a job', async () => {
    const { id } = await trainer.fineTuning.jobs.create({
      model: 'small',
      training_file: file.id,
      method: {
        type: 'supervised',
        supervised: { hyperparameters: { ...HYPERPARAMETERS, n_epochs: 1000 } },
      },
    });
    const until = async (status: string): Promise<void> => {
      while ((await trainer.fineTuning.jobs.retrieve(id)).status !== status) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    await until('running');
    await trainer.fineTuning.jobs.pause(id);
    await until('paused');
    expect(await trainer.fineTuning.jobs.resume(id)).toMatchObject({ id });
    await until('running');
    await trainer.fineTuning.jobs.cancel(id);
    expect(await untilEnded(id)).toMatchObject({ status: 'cancelled', fine_tuned_model: null });
  });

  it('gets errors in the shape that it turns into its own', async () => {
    const refusal = (request: Promise<unknown>): Promise<unknown> => request.catch((error: unknown) => error);
    expect(await refusal(trainer.files.retrieve('file-nope'))).toBeInstanceOf(OpenAI.NotFoundError);
    expect(await refusal(trainer.fineTuning.jobs.checkpoints.list('ftjob-nope'))).toMatchObject({
      status: 404,
      code: 'job_not_found',
    });
    expect(
      await refusal(trainer.fineTuning.jobs.create({ model: 'ft:small:nope:12345678', training_file: file.id })),
    ).toMatchObject({ status: 400, code: 'invalid_value', param: 'model' });
  });

  it('deletes its files', async () => {
    for (const { id } of [file, validationFile]) {
      expect(await trainer.files.delete(id)).toEqual({ id, object: 'file', deleted: true });
    }
    const left = await every(trainer.files.list({ purpose: 'fine-tune' }));
    expect(left).toEqual([]);
  });
});
