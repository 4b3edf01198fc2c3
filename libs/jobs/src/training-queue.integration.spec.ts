import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Worker, type Job } from 'bullmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HAS_REDIS, RedisServer, createTestDatabase, guardAgainstLeaks, type TestDatabase } from '#testing';
import { JOB_CATALOGUE } from './job-catalogue.js';
import { JobsModule } from './jobs.module.js';
import { QUEUE_PREFIX, queueConnection, type QueueAddress } from './queue-connection.js';
import { QueueLifetime } from './queue-lifetime.js';
import { TrainingQueue, trainingJobId } from './training-queue.js';

guardAgainstLeaks();

let address: QueueAddress;
let application: Awaited<ReturnType<typeof NestFactory.createApplicationContext>>;
let queue: TrainingQueue;

async function openQueue(at: QueueAddress): Promise<void> {
  Logger.overrideLogger(false);
  address = at;
  application = await NestFactory.createApplicationContext(JobsModule.forQueue(at));
  queue = application.get(TrainingQueue);
}

/** Takes jobs off the queue, in this process, until it is closed. */
function startWorker(process: (job: Job) => Promise<void>, lifetime = new QueueLifetime()): Worker {
  const options = { connection: queueConnection(address, lifetime), prefix: QUEUE_PREFIX };
  // Whoever does not listen ends with the first connection that breaks.
  return new Worker(JOB_CATALOGUE['train-model'].queue, process, options).on('error', () => undefined);
}

/** Takes `count` jobs off the queue, each with this outcome, and resolves with what they carried. */
async function take(count: number, outcome: () => void = () => undefined): Promise<unknown[]> {
  const taken: unknown[] = [];
  const process = (job: Job): Promise<void> => {
    taken.push(job.data);
    outcome();
    return Promise.resolve();
  };
  const worker = startWorker(process);
  await new Promise<void>((resolve) => {
    const settled = (): void => {
      if (taken.length === count) resolve();
    };
    worker.on('completed', settled).on('failed', settled);
  });
  await worker.close();
  return taken;
}

const BACKENDS = [
  { where: 'in PostgreSQL', isHere: true, redis: false },
  { where: 'in Redis', isHere: HAS_REDIS, redis: true },
];

for (const { where, isHere, redis } of BACKENDS) {
  describe.skipIf(!isHere)(
    `the training queue ${where}${isHere ? '' : ' (skipped: there is no redis-server here)'}`,
    () => {
      let database: TestDatabase | undefined;
      let server: RedisServer | undefined;

      beforeAll(async () => {
        database = await createTestDatabase();
        server = redis ? await RedisServer.start() : undefined;
        await openQueue({ databaseUrl: database.connectionString, redisUrl: server?.url ?? null });
      });

      afterAll(async () => {
        await application.close();
        await server?.close();
        await database?.close();
      });

      it('carries nothing but the id of the run, in the order of enqueueing', async () => {
        for (const id of ['ftjob-a', 'ftjob-b']) {
          await queue.enqueue('train-model', { trainingRunId: id }, trainingJobId(id, 1));
        }
        expect(await queue.counts()).toEqual({ waiting: 2, active: 0 });
        expect(await take(2)).toEqual([{ trainingRunId: 'ftjob-a' }, { trainingRunId: 'ftjob-b' }]);
      });

      it('holds an attempt once, however often it is enqueued', async () => {
        const id = trainingJobId('ftjob-c', 1);
        await Promise.all(
          Array.from({ length: 5 }, () => queue.enqueue('train-model', { trainingRunId: 'ftjob-c' }, id)),
        );
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
    },
  );
}

describe.skipIf(!HAS_REDIS)('a queue whose Redis goes away', () => {
  let server: RedisServer;

  beforeAll(async () => {
    server = await RedisServer.start();
    await openQueue({ databaseUrl: 'postgresql://nobody@127.0.0.1:1/nothing', redisUrl: server.url });
  });

  afterAll(async () => {
    await application.close();
    await server.close();
  });

  it('says so instead of waiting, and takes and gives jobs again when an empty one is back', async () => {
    const taken: string[] = [];
    const worker = startWorker(({ id = '' }) => {
      taken.push(id);
      return Promise.resolve();
    });
    const enqueue = (id: string): Promise<void> =>
      queue.enqueue('train-model', { trainingRunId: id }, trainingJobId(id, 1));
    await enqueue('ftjob-before');
    await expect.poll(() => taken).toEqual(['ftjob-before-1']);

    await server.kill();
    await expect(enqueue('ftjob-meanwhile')).rejects.toThrow();
    await expect(queue.counts()).rejects.toThrow();
    await expect(queue.has('ftjob-meanwhile-1')).rejects.toThrow();

    await server.restart();
    await expect.poll(() => enqueue('ftjob-after').then(() => 'taken'), { timeout: 20_000 }).toBe('taken');
    await expect.poll(() => taken, { timeout: 20_000 }).toEqual(['ftjob-before-1', 'ftjob-after-1']);
    await worker.close();
    await server.kill();
  });

  it.each(['was there', 'was never there'])(
    'lets its process end although it is away, whether it %s',
    async (before) => {
      if (before === 'was there') await server.restart();
      const other = await NestFactory.createApplicationContext(JobsModule.forQueue(address));
      const lifetime = new QueueLifetime();
      const worker = startWorker(() => Promise.resolve(), lifetime);
      if (before === 'was there') {
        await worker.waitUntilReady();
        await other.get(TrainingQueue).counts();
        await server.kill();
      }
      await expect(other.get(TrainingQueue).counts()).rejects.toThrow();
      await lifetime.end();
      await worker.close();
      await other.close();
    },
  );
});
