import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Worker, type Job } from 'bullmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, guardAgainstLeaks, type TestDatabase } from '#testing';
import { JOB_CATALOGUE } from './job-catalogue.js';
import { JobsModule } from './jobs.module.js';
import { queueConnection } from './queue-connection.js';
import { TrainingQueue, trainingJobId } from './training-queue.js';

guardAgainstLeaks();

let database: TestDatabase;
let application: Awaited<ReturnType<typeof NestFactory.createApplicationContext>>;
let queue: TrainingQueue;

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await createTestDatabase();
  application = await NestFactory.createApplicationContext(JobsModule.forDatabase(database.connectionString));
  queue = application.get(TrainingQueue);
});

afterAll(async () => {
  await application.close();
  await database.close();
});

/** Takes `count` jobs off the queue, each with this outcome, and resolves with what they carried. */
async function take(count: number, outcome: () => void = () => undefined): Promise<unknown[]> {
  const taken: unknown[] = [];
  const process = (job: Job): Promise<void> => {
    taken.push(job.data);
    outcome();
    return Promise.resolve();
  };
  const connection = queueConnection(database.connectionString);
  const worker = new Worker(JOB_CATALOGUE['train-model'].queue, process, { connection });
  await new Promise<void>((resolve) => {
    const settled = (): void => {
      if (taken.length === count) resolve();
    };
    worker.on('completed', settled).on('failed', settled);
  });
  await worker.close();
  return taken;
}

describe('TrainingQueue', () => {
  it('carries nothing but the id of the run, in the order of enqueueing', async () => {
    for (const id of ['ftjob-a', 'ftjob-b']) {
      await queue.enqueue('train-model', { trainingRunId: id }, trainingJobId(id, 1));
    }
    expect(await queue.counts()).toEqual({ waiting: 2, active: 0 });
    expect(await take(2)).toEqual([{ trainingRunId: 'ftjob-a' }, { trainingRunId: 'ftjob-b' }]);
  });

  it('holds an attempt once, however often it is enqueued', async () => {
    const id = trainingJobId('ftjob-c', 1);
    await Promise.all(Array.from({ length: 5 }, () => queue.enqueue('train-model', { trainingRunId: 'ftjob-c' }, id)));
    expect(await queue.counts()).toEqual({ waiting: 1, active: 0 });
    expect(await queue.has(id)).toBe(true);
    expect(await queue.has(trainingJobId('ftjob-c', 2))).toBe(false);
    await take(1);
  });

  it.each([
    ['done', () => undefined],
    [
      'failed',
      () => {
        throw new Error('no database');
      },
    ],
  ])('lets an attempt be enqueued again after its job is %s', async (_, outcome) => {
    const id = trainingJobId('ftjob-d', 1);
    await queue.enqueue('train-model', { trainingRunId: 'ftjob-d' }, id);
    await take(1, outcome);
    expect(await queue.has(id)).toBe(false);
    await queue.enqueue('train-model', { trainingRunId: 'ftjob-d' }, id);
    expect(await take(1)).toHaveLength(1);
  });
});
