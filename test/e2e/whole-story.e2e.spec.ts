import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrate, openDatabase } from '#database';
import { Registry } from '#registry';
import { HAS_REDIS, RedisServer, S3Server, createTestDatabase, guardAgainstLeaks } from '#testing';
import { findOtherPostgres, startOtherPostgres } from './other-postgres.js';
import { ServiceProcess } from './service-process.js';
import { playWholeStory, serves, type Stage } from './whole-story.js';

guardAgainstLeaks();

const PATIENT = { timeout: 600_000 };

let folder: string;
/** What is to be ended, the last first. */
let ends: (() => Promise<unknown>)[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'understudy-story-'));
  // PostgreSQL runs as a user of its own where the tests run as root.
  await chmod(folder, 0o755);
  ends = [];
});

afterEach(async () => {
  for (const end of ends.reverse()) await end();
  await rm(folder, { recursive: true, force: true });
});

async function openOwnDatabase(): Promise<string> {
  const database = await createTestDatabase({ migrated: false });
  ends.push(() => database.close());
  return database.connectionString;
}

/** Starts a service that has this folder as its disk. */
async function start(
  service: 'trainer' | 'generator',
  disk: string,
  settings: Readonly<Record<string, string>>,
): Promise<ServiceProcess> {
  const process = await ServiceProcess.start(service, { ...settings, DATA_DIR: join(folder, disk) });
  ends.push(() => process.stop());
  return process;
}

async function createKey(connectionString: string): Promise<string> {
  await migrate(connectionString);
  const database = openDatabase({ connectionString });
  const registry = new Registry(database);
  try {
    await registry.ensureDeployment('production');
    const scopes = ['admin', 'training', 'completions'] as const;
    return (await registry.createApiKey({ name: 'story', scopes: [...scopes], actor: 'test' })).key;
  } finally {
    await database.close();
  }
}

/** A trainer and two generators; each with a disk of its own, or all with one. */
async function openStage(settings: Readonly<Record<string, string>>, ownDisks: boolean): Promise<Stage> {
  const key = await createKey(settings['DATABASE_URL'] ?? '');
  const names = ownDisks ? (['trainer', 'one', 'two'] as const) : (['shared', 'shared', 'shared'] as const);
  const trainer = await start('trainer', names[0], settings);
  const generators = [await start('generator', names[1], settings), await start('generator', names[2], settings)];
  return { trainerUrl: trainer.url, generatorUrls: generators.map(({ url }) => url), key };
}

const SHORT_POLLS = { POLL_INTERVAL_MS: '200', SERVING_THREADS: '1', TRAINING_THREADS: '1', DEVICE: 'cpu' };

describe('train, promote, complete and roll back', PATIENT, () => {
  it('works on a database alone, with a disk that the services share', async () => {
    const stage = await openStage({ ...SHORT_POLLS, DATABASE_URL: await openOwnDatabase() }, false);
    await playWholeStory(stage);
  });

  it.skipIf(!HAS_REDIS)('works with Redis and S3, on machines that share no disk', async () => {
    const redis = await RedisServer.start();
    ends.push(() => redis.close());
    const s3 = await S3Server.start();
    ends.push(() => s3.close());
    const DATABASE_URL = await openOwnDatabase();
    const settings = { ...SHORT_POLLS, ...s3.environment, DATABASE_URL, REDIS_URL: redis.url };
    const stage = await openStage(settings, true);
    const { first } = await playWholeStory(stage);
    for (const disk of ['trainer', 'one', 'two'])
      expect(await readdir(join(folder, disk, 'artifacts'))).toEqual(['cache']);

    const late = await start('generator', 'three', settings);
    await serves({ ...stage, generatorUrls: [late.url] }, first);
    // One that knows its models serves them while the store is away.
    await late.stop('SIGKILL');
    await s3.stop();
    const again = await start('generator', 'three', settings);
    await serves({ ...stage, generatorUrls: [again.url] }, first);
  });

  it.each(findOtherPostgres())('works on PostgreSQL $version of $from', async (other) => {
    const postgres = await startOtherPostgres(other, folder);
    ends.push(() => postgres.stop());
    const { connectionString } = postgres;
    const database = openDatabase({ connectionString });
    const { rows } = await database.pool.query<{ server_version: string }>('SHOW server_version');
    await database.close();
    expect(rows[0]?.server_version).toMatch(new RegExp(`^${other.version}\\.`));
    await playWholeStory(await openStage({ ...SHORT_POLLS, DATABASE_URL: connectionString }, false));
  });
});
