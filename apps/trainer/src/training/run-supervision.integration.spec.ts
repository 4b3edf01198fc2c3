import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { environmentWith } from '#config';
import { createTestDatabase, guardAgainstLeaks, tinyCorpus, type TestDatabase, type TinyCorpus } from '#testing';
import { ENDLESS, RunningTrainer } from '../testing/running-trainer.js';

guardAgainstLeaks();

const MISBEHAVING = fileURLToPath(new URL('../testing/misbehaving-child.js', import.meta.url));
const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));

let corpus: TinyCorpus;
let database: TestDatabase;
const opened: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  corpus = await tinyCorpus({ documents: 5, words: 200 });
});

afterAll(() => corpus.remove());

beforeEach(async () => {
  database = await createTestDatabase();
});

afterEach(async () => {
  for (const resource of opened.splice(0).reverse()) await resource.close();
  await database.close();
});

async function start(settings: Record<string, string> = {}, childScript?: string): Promise<RunningTrainer> {
  const trainer = await RunningTrainer.start(
    database.connectionString,
    settings,
    childScript === undefined ? {} : { childScript },
  );
  opened.push(trainer);
  return trainer;
}

/** Whether the process runs: one that ended and was not yet waited for by its parent does not. */
function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^\d+ \(.*\) [ZX]/s.test(stat);
  } catch {
    return false;
  }
}

describe('a training process that goes wrong', () => {
  it.each([
    ['exit.txt', 'training_process_died', /exit code 3/],
    ['kill.txt', 'training_process_died', /killed by SIGKILL.*memory/],
    ['lie.txt', 'bundle_missing', /./],
  ])('(%s) fails its run with %s and leaves nothing half-registered', async (filename, code, message) => {
    const trainer = await start({}, MISBEHAVING);
    const id = await trainer.train('text', { filename });
    const run = await trainer.until(id, ({ finishedAt }) => finishedAt !== null);
    expect(run).toMatchObject({
      state: 'failed',
      error: { code, message: expect.stringMatching(message) as string },
      modelVersionId: null,
    });
    expect((await trainer.registry.listModelVersions()).items).toEqual([]);
    await expect.poll(() => readdirSync(trainer.config.runsDir)).toEqual([]);
  });

  it('is killed when it hears neither the request to stop nor SIGTERM', async () => {
    const trainer = await start({ CANCEL_GRACE_MS: '50' }, MISBEHAVING);
    const id = await trainer.train('text', { filename: 'deaf.txt' });
    const pid = Number((await trainer.untilEvent(id, /^deaf (\d+)$/))[1]);
    expect(isAlive(pid)).toBe(true);
    await trainer.registry.requestCancel(id);
    await trainer.until(id, ({ state }) => state === 'cancelled');
    expect(isAlive(pid)).toBe(false);
  });

  it('does not stop the trainer from carrying out the next run', async () => {
    const trainer = await start({}, MISBEHAVING);
    const first = await trainer.train('text', { filename: 'kill.txt' });
    const second = await trainer.train('text', { filename: 'exit.txt' });
    await trainer.until(second, ({ finishedAt }) => finishedAt !== null);
    expect((await trainer.registry.getTrainingRun(first)).state).toBe('failed');
  });
});

describe('a running run', () => {
  it('hears of its cancelling at once, without waiting for a heartbeat', async () => {
    const trainer = await start({ HEARTBEAT_INTERVAL_MS: '60000', RUN_LOST_AFTER_MS: '600000' }, MISBEHAVING);
    const id = await trainer.train('text', { filename: 'wait.txt' });
    await trainer.untilEvent(id, /^waiting/);
    await trainer.registry.requestCancel(id);
    await trainer.until(id, ({ state }) => state === 'cancelled');
  });

  it('goes back to the queue when the trainer stops, and is taken up by the next one', async () => {
    const first = await RunningTrainer.start(database.connectionString, {}, { childScript: MISBEHAVING });
    const id = await first.train('text', { filename: 'wait.txt' });
    const pid = Number((await first.untilEvent(id, /^waiting (\d+)$/))[1]);
    await first.app.close();
    expect(isAlive(pid)).toBe(false);
    const second = await start({}, MISBEHAVING);
    const run = await second.until(id, ({ state, attempt }) => state === 'running' && attempt === 2);
    expect(run.error).toBeNull();
    await second.registry.requestCancel(id);
    await second.until(id, ({ state }) => state === 'cancelled');
    await first.close();
  });

  it('is enqueued by the sweeper when its row has no job', async () => {
    const trainer = await start({}, MISBEHAVING);
    const corpusId = await trainer.upload('text', 'exit.txt');
    const run = await trainer.registry.createTrainingRun({ corpusId, preset: 'small', seed: 1 });
    expect((await trainer.until(run.id, ({ finishedAt }) => finishedAt !== null)).state).toBe('failed');
  });
});

describe('a worker that dies', () => {
  const settings = {
    RUN_LOST_AFTER_MS: '6000',
    HEARTBEAT_INTERVAL_MS: '200',
    POLL_INTERVAL_MS: '200',
    TRAINING_THREADS: '1',
    DEVICE: 'cpu',
  };

  /** A trainer as a process of its own, with what it logs. */
  async function startProcess(
    dataDir: string,
    more: Record<string, string> = {},
  ): Promise<{ process: ChildProcess; untilLog(pattern: RegExp): Promise<Record<string, unknown>> }> {
    const env = environmentWith({
      ...settings,
      ...more,
      DATABASE_URL: database.connectionString,
      DATA_DIR: dataDir,
      TRAINER_PORT: '0',
      LOG_LEVEL: 'info',
      LOG_FORMAT: 'json',
    });
    const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    opened.push({
      async close() {
        child.kill('SIGKILL');
        await exited;
      },
    });
    let log = '';
    child.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()));
    const untilLog = async (pattern: RegExp): Promise<Record<string, unknown>> => {
      for (;;) {
        const line = log.split('\n').find((text) => pattern.test(text));
        if (line !== undefined) return JSON.parse(line) as Record<string, unknown>;
        await once(child.stdout, 'data');
      }
    };
    await untilLog(/successfully started/);
    return { process: child, untilLog };
  }

  it('(asked by SIGTERM) puts its run back and ends with exit code 0', async () => {
    const uploader = await start(settings, MISBEHAVING);
    const corpusId = await uploader.upload(corpus.texts.join('\n\n'));
    const { dataDir } = uploader.config;
    await uploader.app.close();
    const worker = await startProcess(dataDir);
    const { id } = await uploader.registry.createTrainingRun({
      corpusId,
      preset: 'small',
      seed: 1,
      hyperparameters: ENDLESS,
    });
    const { childPid } = await worker.untilLog(/training process started/);
    await uploader.until(id, ({ progress }) => Number(progress?.['step'] ?? 0) > 0);
    worker.process.kill('SIGTERM');
    expect(await once(worker.process, 'exit')).toEqual([0, null]);
    expect(isAlive(Number(childPid))).toBe(false);
    const run = await uploader.registry.getTrainingRun(id);
    expect(run).toMatchObject({ state: 'queued', attempt: 1, error: null });
    expect(run.savedStep).toBeGreaterThan(0);
    expect(readdirSync(join(uploader.config.runsDir, id, 'attempt-1'))).toEqual(['state']);
  });

  it.each([
    ['killed', 'SIGKILL'],
    ['frozen', 'SIGSTOP'],
  ] as const)('(%s) loses its run to another, and never are two processes training it', async (_, signal) => {
    const trainer = await start(settings, MISBEHAVING);
    // The run is taken by the process, which has a device of its own, because this trainer is busy with another one.
    const busy = await trainer.train('text', { filename: 'wait.txt' });
    await trainer.untilEvent(busy, /^waiting/);
    const worker = await startProcess(trainer.config.dataDir, { MACHINE_NAME: 'another' });
    const corpusId = await trainer.upload(corpus.texts.join('\n\n'), 'wait.txt');
    const { id } = await trainer.registry.createTrainingRun({
      corpusId,
      preset: 'small',
      seed: 1,
      hyperparameters: ENDLESS,
    });
    const { pid, childPid } = await worker.untilLog(/training process started/);
    expect([Number(pid), Number(childPid)].every(isAlive)).toBe(true);
    const before = await trainer.until(id, ({ progress }) => progress !== null);

    worker.process.kill(signal);
    await trainer.registry.requestCancel(busy);
    const moved = await trainer.until(id, ({ attempt, state }) => attempt > before.attempt && state === 'running');
    expect(isAlive(Number(childPid))).toBe(false);
    expect(moved.error).toBeNull();
    if (signal === 'SIGSTOP') {
      // What it still wants to write when it thaws comes too late.
      worker.process.kill('SIGCONT');
      await worker.untilLog(/belongs to another worker now/);
      expect(await trainer.registry.getTrainingRun(id)).toMatchObject({
        state: 'running',
        attempt: moved.attempt,
      });
    }
    await trainer.registry.requestCancel(id);
    await trainer.until(id, ({ state }) => state === 'cancelled');
  });
});
