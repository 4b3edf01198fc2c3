import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, guardAgainstLeaks, type TestDatabase } from '#testing';
import { RunningTrainer } from './testing/running-trainer.js';

guardAgainstLeaks();

let database: TestDatabase;
let trainer: RunningTrainer;

beforeAll(async () => {
  database = await createTestDatabase();
  trainer = await RunningTrainer.start(database.connectionString);
});

afterAll(async () => {
  await trainer.close();
  await database.close();
});

describe('the trainer', () => {
  it('tells that it lives and that it can work, to everybody', async () => {
    expect(await (await fetch(`${trainer.url}/health/live`)).json()).toEqual({ status: 'ok' });
    expect(await (await fetch(`${trainer.url}/health/ready`)).json()).toMatchObject({
      status: 'ok',
      queue: { waiting: 0, active: 0 },
    });
    expect(await (await fetch(`${trainer.url}/metrics`)).text()).toContain(
      'understudy_training_queue_jobs{state="waiting"} 0',
    );
  });

  it('documents every endpoint', async () => {
    const document = (await (await fetch(`${trainer.url}/docs/openapi.json`)).json()) as {
      paths: Record<string, object>;
    };
    expect(
      Object.entries(document.paths)
        .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`))
        .sort(),
    ).toEqual([
      'delete /v1/files/{id}',
      'get /health/live',
      'get /health/ready',
      'get /v1/files',
      'get /v1/files/{id}',
      'get /v1/files/{id}/content',
      'get /v1/files/{id}/report',
      'get /v1/fine_tuning/jobs',
      'get /v1/fine_tuning/jobs/{id}',
      'get /v1/fine_tuning/jobs/{id}/checkpoints',
      'get /v1/fine_tuning/jobs/{id}/events',
      'get /v1/fine_tuning/jobs/{id}/metrics',
      'get /v1/fine_tuning/jobs/{id}/samples',
      'get /v1/fine_tuning/jobs/{id}/tensorboard',
      'get /v1/fine_tuning/presets',
      'get /v1/upgrade-advice',
      'get /v1/upgrade-experiments',
      'get /v1/upgrade-experiments/{id}',
      'get /v1/upgrade-experiments/{id}/events',
      'get /v1/upgrade-experiments/{id}/report',
      'post /v1/files',
      'post /v1/fine_tuning/jobs',
      'post /v1/fine_tuning/jobs/{id}/cancel',
      'post /v1/fine_tuning/jobs/{id}/pause',
      'post /v1/fine_tuning/jobs/{id}/resume',
      'post /v1/fine_tuning/plan',
      'post /v1/upgrade-experiments',
      'post /v1/upgrade-experiments/{id}/cancel',
    ]);
  });
});
