import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '#config';
import { migrate } from '#database';
import { createTestDatabase, guardAgainstLeaks, tinyCorpus, type TestDatabase } from '#testing';
import { createGenerator } from '../../apps/generator/src/create-generator.js';
import { corpusForm, RunningTrainer, TINY } from '../../apps/trainer/src/testing/running-trainer.js';
import { hasPreviousRelease, PREVIOUS_RELEASE, PreviousRelease, type OldService } from './previous-release.js';

guardAgainstLeaks();

const isPresent = hasPreviousRelease();
if (!isPresent)
  process.stderr.write(
    `The tag ${PREVIOUS_RELEASE} is not here (a shallow clone?): that the release before works on the new schema is NOT tested. git fetch --tags gets it.\n`,
  );

const PATIENT = { timeout: 120_000, interval: 100 };
/** Three trainings, and up to six services. */
const TEST_TIMEOUT_MS = 300_000;

interface Answer {
  readonly status: number;
  readonly version: string | null;
  readonly body: Readonly<Record<string, unknown>>;
}

describe.skipIf(!isPresent)(`${PREVIOUS_RELEASE} on the schema of this release`, () => {
  let old: PreviousRelease;
  let database: TestDatabase;
  let folder: string;
  let environment: Readonly<Record<string, string>>;
  let oldTrainer: OldService;
  let oldGenerator: OldService;
  let newGenerator: NestFastifyApplication | null = null;
  let newTrainer: RunningTrainer | null = null;
  let key = '';

  beforeAll(async () => {
    old = await PreviousRelease.build();
    database = await createTestDatabase({ migrated: false });
    folder = await mkdtemp(join(tmpdir(), 'understudy-upgrade-'));
    environment = {
      DATABASE_URL: database.connectionString,
      DATA_DIR: folder,
      SERVING_THREADS: '1',
      TRAINING_THREADS: '1',
      DEVICE: 'cpu',
      POLL_INTERVAL_MS: '1000',
    };
    // One after the other: each of them brings an empty database to its own schema.
    oldTrainer = await old.start('trainer', environment);
    oldGenerator = await old.start('generator', environment);
    key = await old.createKey(database.connectionString);
  });

  afterAll(async () => {
    await newGenerator?.close();
    await newTrainer?.close();
    await old.close();
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function send(url: string, path: string, body?: object): Promise<Answer> {
    const isForm = body instanceof FormData;
    const response = await fetch(`${url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        ...(body !== undefined && !isForm && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
    });
    return {
      status: response.status,
      version: response.headers.get('x-model-version'),
      body: (await response.json()) as Answer['body'],
    };
  }

  /** Uploads a text, trains on it, and gives the id of the version. */
  async function train(url: string, suffix: string): Promise<string> {
    const corpus = await tinyCorpus({ documents: 8, words: 200, seed: 3 });
    const file = await send(url, '/v1/files', corpusForm(corpus.texts.join('\n\n'), 'corpus.txt'));
    await corpus.remove();
    const job = await send(url, '/v1/fine_tuning/jobs', {
      model: 'small',
      training_file: file.body['id'],
      suffix,
      seed: 1,
      method: { type: 'supervised', supervised: { hyperparameters: TINY } },
    });
    expect(job.body).toMatchObject({ id: expect.any(String) as string });
    const read = async (): Promise<Answer['body']> =>
      (await send(url, `/v1/fine_tuning/jobs/${String(job.body['id'])}`)).body;
    await expect.poll(async () => (await read())['status'], PATIENT).toBe('succeeded');
    return String((await read())['fine_tuned_model']);
  }

  async function complete(url: string): Promise<Answer> {
    return send(url, '/v1/completions', { model: 'production', prompt: 'The', max_tokens: 4 });
  }

  async function promote(url: string, version: string): Promise<void> {
    const path = '/v1/admin/deployments/production/promote';
    expect(await send(url, path, { version, reason: 'upgrade' })).toMatchObject({ status: 200 });
  }

  it(
    'goes on while the schema is changed beneath it, and side by side with this release',
    async () => {
      const before = await train(oldTrainer.url, 'before');
      await promote(oldGenerator.url, before);
      await expect.poll(async () => (await complete(oldGenerator.url)).version, PATIENT).toBe(before);

      const applied = await migrate(database.connectionString);
      expect(applied.length).toBeGreaterThan(0);
      expect(await complete(oldGenerator.url)).toMatchObject({ status: 200, version: before });
      const after = await train(oldTrainer.url, 'after');

      const config = loadConfig({ ...environment, LOG_LEVEL: 'silent' });
      newGenerator = await createGenerator(config, database.connectionString);
      await newGenerator.listen(0, '127.0.0.1');
      const newUrl = await newGenerator.getUrl();
      await expect.poll(async () => (await complete(newUrl)).version, PATIENT).toBe(before);

      // What one decides, the other follows, either way.
      await promote(newUrl, after);
      await expect.poll(async () => (await complete(oldGenerator.url)).version, PATIENT).toBe(after);
      const back = await send(oldGenerator.url, '/v1/admin/deployments/production/rollback', { reason: 'worse' });
      expect(back.status).toBe(200);
      await expect.poll(async () => (await complete(newUrl)).version, PATIENT).toBe(before);

      // The trainer is replaced, and what it makes is served by both.
      expect(await oldTrainer.stop()).toBe(0);
      newTrainer = await RunningTrainer.start(database.connectionString, environment);
      const last = await train(newTrainer.url, 'last');
      await promote(oldGenerator.url, last);
      for (const url of [oldGenerator.url, newUrl])
        await expect.poll(async () => (await complete(url)).version, PATIENT).toBe(last);
      expect(await oldGenerator.stop()).toBe(0);
      expect(await complete(newUrl)).toMatchObject({ status: 200, version: last });
    },
    TEST_TIMEOUT_MS,
  );
});
