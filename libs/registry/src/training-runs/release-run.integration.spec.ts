import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listen, openDatabase, type Database } from '#database';
import { createTestDatabase, guardAgainstLeaks, type TestDatabase } from '#testing';
import { Registry, RUNS_CHANNEL } from '../index.js';

const DEATH = { code: 'training_process_died', message: 'The training process was killed by SIGKILL.' } as const;

guardAgainstLeaks();
let test: TestDatabase;
let database: Database;
let registry: Registry;

beforeEach(async () => {
  test = await createTestDatabase();
  database = openDatabase(test);
  registry = new Registry(database);
});
afterEach(async () => {
  await database.close();
  await test.close();
});

async function queueRun(): Promise<string> {
  const sha256 = 'a'.repeat(64);
  const corpus = await registry.createCorpus({ filename: 'a.txt', sizeBytes: 5, sha256, purpose: 'fine-tune' });
  return (await registry.createTrainingRun({ corpusId: corpus.id, preset: 'small', seed: 7 })).id;
}

async function runningRun(): Promise<{ readonly id: string; readonly fence: number }> {
  const id = await queueRun();
  const { fence } = await registry.startRun(id);
  return { id, fence };
}

async function silence(id: string): Promise<void> {
  await database.pool.query(`UPDATE training_runs SET heartbeat_at = now() - interval '1 hour' WHERE id = $1`, [id]);
}

describe('pausing', () => {
  it('stops a queued run at once, and resuming queues it; asking twice changes nothing', async () => {
    const id = await queueRun();
    expect(await registry.requestPause(id)).toMatchObject({ state: 'paused', desiredState: 'paused' });
    expect(await registry.requestPause(id)).toMatchObject({ state: 'paused' });
    await expect(registry.startRun(id)).rejects.toThrow('is paused and cannot become running');
    expect(await registry.requestResume(id)).toMatchObject({ state: 'queued', desiredState: 'running' });
    expect(await registry.requestResume(id)).toMatchObject({ state: 'queued' });
    expect((await registry.startRun(id)).run).toMatchObject({ state: 'running', attempt: 1 });
  });

  it('tells the worker of a running run, which releases it into the pause', async () => {
    const { id, fence } = await runningRun();
    let hear!: (payload: string) => void;
    const heard = new Promise<string>((resolve) => (hear = resolve));
    const listener = await listen({
      ...test,
      channel: RUNS_CHANNEL,
      onNotification: hear,
      onReconnect: () => undefined,
    });
    expect(await registry.requestPause(id)).toMatchObject({ state: 'running', desiredState: 'paused' });
    expect(await registry.requestPause(id)).toMatchObject({ state: 'running', desiredState: 'paused' });
    expect(await heard).toBe(id);
    await listener.close();
    expect(await registry.heartbeat(id, fence)).toMatchObject({ desiredState: 'paused' });
    await registry.recordSavedStep(id, fence, 40);
    const paused = await registry.releaseRun(id, fence);
    expect(paused).toMatchObject({ state: 'paused', savedStep: 40, finishedAt: null });
    const { items } = await registry.listRunEvents(id, { order: 'desc', limit: 1 });
    expect(items[0]?.message).toBe('The job is paused at step 40.');
    await expect(registry.heartbeat(id, fence)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('that is taken back before the worker has stopped ends in the queue', async () => {
    const { id, fence } = await runningRun();
    await registry.requestPause(id);
    expect(await registry.requestResume(id)).toMatchObject({ state: 'running', desiredState: 'running' });
    expect(await registry.releaseRun(id, fence)).toMatchObject({ state: 'queued' });
  });

  it('holds also when the worker dies before it has stopped', async () => {
    const { id } = await runningRun();
    await registry.requestPause(id);
    await silence(id);
    expect(await registry.requeueLostRuns(60_000)).toMatchObject([{ id, state: 'paused' }]);
    const other = await runningRun();
    await registry.requestPause(other.id);
    expect(await registry.loseRun(other.id, other.fence, DEATH)).toMatchObject({ state: 'paused' });
  });

  it('gives way to cancelling, at once for a paused run, and is refused afterwards', async () => {
    const id = await queueRun();
    await registry.requestPause(id);
    expect(await registry.requestCancel(id)).toMatchObject({ state: 'cancelled' });
    for (const ask of [() => registry.requestPause(id), () => registry.requestResume(id)]) {
      await expect(ask()).rejects.toMatchObject({ code: 'conflict' });
    }
    const { id: running, fence } = await runningRun();
    await registry.requestPause(running);
    await registry.requestCancel(running);
    for (const ask of [() => registry.requestPause(running), () => registry.requestResume(running)]) {
      await expect(ask()).rejects.toThrow('is being cancelled');
    }
    expect(await registry.releaseRun(running, fence)).toMatchObject({ state: 'cancelled' });
  });

  it('of a run that does not exist or has ended is refused', async () => {
    const { id, fence } = await runningRun();
    await registry.failRun(id, fence, DEATH);
    for (const ask of [() => registry.requestPause(id), () => registry.requestResume(id)]) {
      await expect(ask()).rejects.toMatchObject({ code: 'conflict' });
    }
    await expect(registry.requestPause('ftjob-none')).rejects.toMatchObject({ code: 'job_not_found' });
    await expect(registry.requestResume('ftjob-none')).rejects.toMatchObject({ code: 'job_not_found' });
  });
});

describe('a lost worker', () => {
  it('loses its run to the queue after the time limit, not before', async () => {
    const { id, fence } = await runningRun();
    expect(await registry.requeueLostRuns(60_000)).toEqual([]);
    await silence(id);
    expect(await registry.requeueLostRuns(60_000)).toMatchObject([{ id, state: 'queued' }]);
    await expect(registry.heartbeat(id, fence)).rejects.toMatchObject({ code: 'conflict' });
    expect((await registry.startRun(id)).run).toMatchObject({ attempt: 2 });
  });

  it('is found once when several trainers look at the same moment', async () => {
    const { id } = await runningRun();
    await silence(id);
    const found = await Promise.all(Array.from({ length: 4 }, () => registry.requeueLostRuns(60_000)));
    expect(found.flat()).toHaveLength(1);
  });

  it('ends a run that was to be cancelled', async () => {
    const { id } = await runningRun();
    await registry.requestCancel(id);
    await silence(id);
    expect(await registry.requeueLostRuns(60_000)).toMatchObject([{ id, state: 'cancelled' }]);
  });
});

describe('a run that is lost five times in a row', () => {
  it('without having come further fails, whichever way it was lost', async () => {
    const id = await queueRun();
    for (let attempt = 1; attempt <= 5; attempt++) {
      const { fence } = await registry.startRun(id);
      if (attempt % 2 === 0) await registry.loseRun(id, fence, DEATH);
      else {
        await silence(id);
        await registry.requeueLostRuns(60_000);
      }
    }
    expect(await registry.getTrainingRun(id)).toMatchObject({
      state: 'failed',
      attempt: 5,
      error: { code: 'training_process_died', message: expect.stringContaining('the limit is 5') as string },
    });
  });

  it('goes on for as long as it comes further, and when its worker was only asked to stop', async () => {
    const id = await queueRun();
    for (let attempt = 1; attempt <= 12; attempt++) {
      const { fence } = await registry.startRun(id);
      if (attempt % 4 === 0) await registry.recordSavedStep(id, fence, attempt);
      await registry.loseRun(id, fence, DEATH);
    }
    for (let attempt = 1; attempt <= 6; attempt++) {
      const { fence } = await registry.startRun(id);
      await registry.releaseRun(id, fence);
    }
    expect(await registry.getTrainingRun(id)).toMatchObject({ state: 'queued', attempt: 18, fruitlessAttempts: 0 });
  });

  it('is not taken for one that comes further when it saves the same step again', async () => {
    const id = await queueRun();
    const states: string[] = [];
    for (let attempt = 1; attempt <= 6; attempt++) {
      const { fence } = await registry.startRun(id);
      await registry.recordSavedStep(id, fence, 3);
      states.push((await registry.loseRun(id, fence, DEATH)).state);
    }
    expect(states).toEqual([...Array<string>(5).fill('queued'), 'failed']);
  });
});

describe('the time that workers have had a run', () => {
  it('adds up over heartbeats and attempts, and stands still between them', async () => {
    const { id, fence } = await runningRun();
    const pass = (seconds: number) =>
      database.pool.query(`UPDATE training_runs SET heartbeat_at = now() - $1 * interval '1 second'`, [seconds]);
    await pass(10);
    await registry.heartbeat(id, fence);
    await pass(5);
    await registry.recordProgress(id, fence, {}, 1);
    await registry.releaseRun(id, fence);
    const second = await registry.startRun(id);
    expect(second.run.runMs).toBeGreaterThanOrEqual(15_000);
    expect(second.run.runMs).toBeLessThan(16_000);
    await pass(100);
    const { runMs } = await registry.heartbeat(id, second.fence);
    expect(runMs).toBeGreaterThanOrEqual(115_000);
  });
});
