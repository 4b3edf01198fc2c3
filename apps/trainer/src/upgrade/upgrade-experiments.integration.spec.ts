import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UpgradeReport } from '#language-model/upgrade';
import { createTestDatabase, guardAgainstLeaks, tinyCorpus, type TestDatabase } from '#testing';
import type { Plain } from '../plain.js';
import { ENDLESS, RunningTrainer, TINY } from '../testing/running-trainer.js';
import type { UpgradeExperimentObject } from './experiment.dto.js';

guardAgainstLeaks();

type Experiment = Plain<UpgradeExperimentObject>;

/** Sizes that are as different as those of the presets, and quick. */
const SIZES = {
  small: { embedding_dim: 8, lstm_units: 8 },
  intermediate: { embedding_dim: 10, lstm_units: 10 },
  medium: { embedding_dim: 12, lstm_units: 12 },
};
const HYPERPARAMETERS = { n_epochs: 2, batch_size: 2, sequence_length: 10, test_fraction: 0.2 };
/** For those that start several training processes one after the other, on a machine that does other things. */
const LONG_MS = 240_000;
const VERDICTS = ['upgrade', 'keep_small', 'use_intermediate', 'collect_more_data'];

let database: TestDatabase;
let trainer: RunningTrainer;
let file: string;
let texts: string;

beforeAll(async () => {
  const corpus = await tinyCorpus({ documents: 12, words: 200 });
  await corpus.remove();
  database = await createTestDatabase();
  trainer = await RunningTrainer.start(database.connectionString);
  texts = corpus.texts.map((text) => JSON.stringify({ text })).join('\n');
  file = await trainer.upload(texts, 'texts.jsonl');
});

afterAll(async () => {
  await trainer.close();
  await database.close();
});

async function post(body: unknown, path = ''): Promise<{ status: number; body: Experiment & { error: ErrorBody } }> {
  const response = await trainer.fetch(`/v1/upgrade-experiments${path}`, { method: 'POST', body });
  return { status: response.status, body: (await response.json()) as Experiment & { error: ErrorBody } };
}

interface ErrorBody {
  readonly code: string;
  readonly param: string | null;
  readonly message: string;
}

async function begin(more: Readonly<Record<string, unknown>> = {}): Promise<Experiment> {
  const { status, body } = await post({
    training_file: file,
    seed: 5,
    hyperparameters: HYPERPARAMETERS,
    preset_hyperparameters: SIZES,
    ...more,
  });
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}

async function get<T>(path: string): Promise<T> {
  return (await (await trainer.fetch(path)).json()) as T;
}

async function until(id: string, condition: (experiment: Experiment) => boolean): Promise<Experiment> {
  for (;;) {
    const experiment = await get<Experiment>(`/v1/upgrade-experiments/${id}`);
    if (condition(experiment)) return experiment;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const hasEnded = ({ finished_at }: Experiment): boolean => finished_at !== null;

describe('an upgrade experiment', () => {
  let done: Experiment;

  it('trains both models, compares them, and ends with a verdict', { timeout: LONG_MS }, async () => {
    const begun = await begin({ suffix: 'news', metadata: { team: 'x' }, release: true });
    expect(begun).toMatchObject({
      object: 'upgrade_experiment',
      status: 'training_from',
      policy: 'measured',
      from: 'small',
      to: 'medium',
      fallback: 'intermediate',
      release_policy: 'default',
      release: null,
      verdict: null,
      error: null,
    });
    done = await until(begun.id, hasEnded);
    expect(done, JSON.stringify(done.error)).toMatchObject({ status: 'succeeded', training_file: file, seed: 5 });
    expect(VERDICTS).toContain(done.verdict);
    expect(done.outcome).toMatchObject({ verdict: done.verdict, verdicts: { measured: done.verdict } });
    expect(done.advice?.reasons.length).toBeGreaterThan(0);
    // Nothing serves that a release could be compared with.
    expect(done.release).toBeNull();

    const [from, to] = [
      await trainer.registry.getTrainingRun(done.from_job ?? ''),
      await trainer.registry.getTrainingRun(done.to_job ?? ''),
    ];
    expect(from).toMatchObject({ preset: 'small', seed: 5, suffix: 'news', metadata: { team: 'x' } });
    expect(from.hyperparameters).toMatchObject({ ...HYPERPARAMETERS, ...SIZES.small });
    expect(to).toMatchObject({ preset: 'medium', seed: 5, suffix: 'news' });
    expect(to.hyperparameters).toMatchObject({ ...HYPERPARAMETERS, ...SIZES.medium });
  });

  it('tells its stages as events', async () => {
    const { data } = await get<{ data: { message: string }[] }>(`/v1/upgrade-experiments/${done.id}/events?limit=100`);
    const messages = data.map(({ message }) => message).reverse();
    const order = [
      /has begun/,
      /small is queued/,
      /small is trained/,
      /After small: /,
      /medium is trained/,
      /Verdict: /,
    ];
    const found = order.map((pattern) => messages.findIndex((message) => pattern.test(message)));
    expect(found).not.toContain(-1);
    expect([...found].sort((a, b) => a - b)).toEqual(found);
  });

  it('keeps a report as JSON and as Markdown', async () => {
    const path = `/v1/upgrade-experiments/${done.id}/report`;
    const report = await get<UpgradeReport>(path);
    expect(report).toMatchObject({ subject: done.id, trainingFile: 'texts.jsonl', seed: 5 });
    expect(report.advice).toMatchObject({ stage: 'after', verdict: done.verdict });
    const { from, to, comparison } = report.evidence;
    expect(comparison?.models.map(({ role }) => role)).toEqual(expect.arrayContaining(['from', 'to']));
    expect(comparison?.pairs.find(({ role }) => role === 'to')?.resamples).toBeGreaterThan(0);
    for (const { run, estimatedTokensPerSecond } of [from, to]) {
      expect(run?.curve.length).toBeGreaterThan(0);
      expect(run?.metrics.validation.lossNats).toBeGreaterThan(0);
      expect(run?.trainingTokens).toBe(comparison?.corpus.train.tokens);
      expect(estimatedTokensPerSecond).toBeGreaterThan(0);
    }
    for (const answer of [
      await trainer.fetch(path, { headers: { accept: 'text/markdown' } }),
      await trainer.fetch(`${path}?format=markdown`),
    ]) {
      expect(answer.headers.get('content-type')).toMatch(/^text\/markdown/);
      expect(await answer.text()).toContain(done.verdict?.replaceAll('_', ' ') ?? 'no verdict');
    }
    const asked = await trainer.fetch(`${path}?format=json`, { headers: { accept: 'text/markdown' } });
    expect(asked.headers.get('content-type')).toMatch(/^application\/json/);
    expect((await trainer.fetch(`${path}?format=pdf`)).status).toBe(400);
  });

  it('reuses jobs that have ended, with the seed and the hyper-parameters of theirs, and trains nothing', async () => {
    const jobs = (await trainer.registry.listTrainingRuns({ limit: 100 })).items.length;
    const { status, body } = await post({ from_job: done.from_job, to_job: done.to_job, fallback: null });
    expect(status).toBe(200);
    expect(body).toMatchObject({ training_file: file, seed: 5, hyperparameters: { small: SIZES.small } });
    const again = await until(body.id, hasEnded);
    expect(again).toMatchObject({ status: 'succeeded', from_job: done.from_job, to_job: done.to_job });
    expect((await trainer.registry.listTrainingRuns({ limit: 100 })).items).toHaveLength(jobs);
    const [first, second] = await Promise.all(
      [done, again].map(({ id }) => get<UpgradeReport>(`/v1/upgrade-experiments/${id}/report`)),
    );
    const gain = (report?: UpgradeReport): unknown =>
      report?.evidence.comparison?.pairs.find(({ role }) => role === 'to')?.gainNats;
    expect(gain(second)).toEqual(gain(first));
    expect(again.advice).toEqual(done.advice);
  });

  it('leaves no folder behind', async () => {
    const names = await readdir(trainer.config.runsDir);
    expect(names.filter((name) => name.startsWith('upexp-') || name.startsWith('advice-'))).toEqual([]);
  });

  it('ends after the first model where that is asked for and the rules advise against the second', async () => {
    const { id } = await begin({ from_job: done.from_job, only_if_advised: true, policy: 'literal' });
    const ended = await until(id, hasEnded);
    // Two epochs on two thousand words: no rule set advises to go on.
    expect(ended).toMatchObject({ status: 'succeeded', policy: 'literal', to_job: null });
    expect(ended.verdict).not.toBe('upgrade');
    expect((await get<UpgradeReport>(`/v1/upgrade-experiments/${id}/report`)).advice.stage).toBe('before');
  });

  it('gives the same rules over a job alone', async () => {
    const path = `/v1/upgrade-advice?job=${done.from_job ?? ''}`;
    const report = await get<UpgradeReport>(path);
    expect(report).toMatchObject({ subject: done.from_job, advice: { stage: 'before', policy: 'measured' } });
    expect(report.advice.ruleSets.measured).toMatchObject({ verdict: done.advice?.verdict });
    const literal = await trainer.fetch(`${path}&policy=literal&format=markdown`);
    expect(await literal.text()).toContain('literal');
    for (const [query, status] of [
      ['job=ftjob-x', 404],
      [`job=${done.from_job ?? ''}&to=small`, 400],
      [`job=${done.from_job ?? ''}&policy=mine`, 400],
    ] as const) {
      expect((await trainer.fetch(`/v1/upgrade-advice?${query}`)).status).toBe(status);
    }
  });
});

describe('an experiment under way', () => {
  it('has no report yet, can be cancelled with its job, and is listed', async () => {
    const { id } = await begin({ hyperparameters: { ...ENDLESS } });
    const training = await until(id, ({ from_job }) => from_job !== null);
    await trainer.until(training.from_job ?? '', ({ state }) => state === 'running');
    expect((await trainer.fetch(`/v1/upgrade-experiments/${id}/report`)).status).toBe(409);
    expect((await trainer.fetch(`/v1/files/${file}`, { method: 'DELETE' })).status).toBe(409);
    const { body } = await post(undefined, `/${id}/cancel`);
    expect(body).toMatchObject({ status: 'cancelled' });
    await trainer.until(training.from_job ?? '', ({ state }) => state === 'cancelled');
    const list = await get<{ data: Experiment[] }>('/v1/upgrade-experiments?limit=1');
    expect(list.data.map((one) => one.id)).toEqual([id]);
  });

  it('goes on in another trainer from where the first one was stopped', { timeout: LONG_MS }, async () => {
    const own = await createTestDatabase();
    const first = await RunningTrainer.start(own.connectionString);
    const corpus = await first.upload(texts, 'texts.jsonl');
    const body = { training_file: corpus, hyperparameters: HYPERPARAMETERS, preset_hyperparameters: SIZES };
    const { id } = (await (await first.fetch('/v1/upgrade-experiments', { body })).json()) as Experiment;
    const stageOf = async (registry: RunningTrainer['registry']): Promise<string> =>
      (await registry.upgradeExperiments.get(id)).state;
    while ((await stageOf(first.registry)) === 'training_from') await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await stageOf(first.registry)).toBe('advising');
    // In the middle of the measurement, or just before it.
    await first.app.close();
    const second = await RunningTrainer.start(own.connectionString, { DATA_DIR: first.config.dataDir });
    while (!['succeeded', 'failed'].includes(await stageOf(second.registry)))
      await new Promise((resolve) => setTimeout(resolve, 20));
    const { state, error } = await second.registry.upgradeExperiments.get(id);
    expect(state, JSON.stringify(error)).toBe('succeeded');
    await second.close();
    await first.close();
    await own.close();
  });
});

describe('an experiment that cannot be', () => {
  it.each([
    ['without a file', { training_file: undefined }, 'missing_parameter', 'training_file'],
    ['on a file that is not there', { training_file: 'file-x' }, 'file_not_found', 'training_file'],
    ['with an unknown preset', { to: 'huge' }, 'invalid_value', 'to'],
    ['from a preset to itself', { to: 'small' }, 'invalid_value', 'to'],
    ['that falls back on itself', { fallback: 'medium' }, 'invalid_value', 'fallback'],
    ['with an unknown rule set', { policy: 'mine' }, 'invalid_value', 'policy'],
    ['with a job that is not there', { from_job: 'ftjob-x' }, 'job_not_found', 'from_job'],
    [
      'with an unknown hyper-parameter',
      { hyperparameters: { n_epoch: 1 } },
      'unknown_parameter',
      'hyperparameters.n_epoch',
    ],
    [
      'with a hyper-parameter out of its range',
      { preset_hyperparameters: { medium: { dropout_rate: 2 } } },
      'invalid_value',
      'preset_hyperparameters.medium.dropout_rate',
    ],
    [
      'with hyper-parameters of a preset that it does not have',
      { preset_hyperparameters: { huge: {} } },
      'unknown_parameter',
      'preset_hyperparameters.huge',
    ],
    [
      'whose models would read different text',
      { preset_hyperparameters: { medium: { tokenization: 'words' } } },
      'invalid_value',
      'hyperparameters.tokenization',
    ],
    [
      'that releases by an unknown policy',
      { release: true, release_policy: 'x' },
      'policy_not_found',
      'release_policy',
    ],
    ['with a policy for no release', { release_policy: 'default' }, 'invalid_value', 'release_policy'],
    ['with a field that is not there', { form: 'small' }, 'unknown_parameter', 'form'],
    ['with a suffix that is no name', { suffix: 'A B' }, 'invalid_value', 'suffix'],
  ])('is refused %s', async (_, fields, code, param) => {
    const { status, body } = await post({ training_file: file, hyperparameters: TINY, ...fields });
    expect(body.error).toMatchObject({ code, param });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
  });

  it('is no experiment: nothing of it is kept, and unknown ids are 404', async () => {
    const { data } = await get<{ data: Experiment[] }>('/v1/upgrade-experiments?limit=100');
    expect(data.filter(({ status }) => status !== 'succeeded' && status !== 'cancelled')).toEqual([]);
    for (const path of ['', '/report', '/events']) {
      expect((await trainer.fetch(`/v1/upgrade-experiments/upexp-x${path}`)).status).toBe(404);
    }
    expect((await post(undefined, '/upexp-x/cancel')).status).toBe(404);
    const without = await fetch(`${trainer.url}/v1/upgrade-experiments`);
    expect(without.status).toBe(401);
  });
});
