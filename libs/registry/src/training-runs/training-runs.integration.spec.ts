import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listen, openDatabase, type Database } from '#database';
import { createTestDatabase, guardAgainstLeaks, registerVersion, type TestDatabase } from '#testing';
import { RUNS_CHANNEL, Registry, type TrainingRun } from '../index.js';
import type { RunOutcome } from '../inputs.js';

const OUTCOME: RunOutcome = {
  bundleSha256: 'b'.repeat(64),
  dataSha256: 'd'.repeat(64),
  codeVersion: '0.1.0',
  hyperparameters: { n_epochs: 2 },
  parameters: 1234,
  trainedTokens: 5678,
  metrics: { test: { perplexity: 90.5 } },
};

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

async function queueRun(options: { readonly suffix?: string; readonly preset?: string } = {}): Promise<TrainingRun> {
  const corpus = await registry.createCorpus({
    filename: 'a.txt',
    sizeBytes: 5,
    sha256: 'a'.repeat(64),
    purpose: 'fine-tune',
  });
  return registry.createTrainingRun({
    corpusId: corpus.id,
    preset: options.preset ?? 'small',
    suffix: options.suffix ?? null,
    seed: 7,
    hyperparameters: { n_epochs: 2 },
    metadata: { team: 'x' },
  });
}

async function runningRun(): Promise<{ readonly id: string; readonly fence: number }> {
  const { id } = await queueRun();
  const { fence } = await registry.startRun(id);
  return { id, fence };
}

describe('a run', () => {
  it('goes from queued over running to succeeded and leaves a version with its lineage', async () => {
    const queued = await queueRun({ suffix: 'news' });
    expect(queued).toMatchObject({
      state: 'queued',
      attempt: 0,
      fence: 0,
      seed: 7,
      hyperparameters: { n_epochs: 2 },
      metadata: { team: 'x' },
    });
    expect(queued.id).toMatch(/^ftjob-[A-Za-z0-9]{22}$/);

    const { run, fence } = await registry.startRun(queued.id);
    expect(run).toMatchObject({ state: 'running', attempt: 1, fence });
    await registry.recordProgress(queued.id, fence, { step: 10, totalSteps: 20 }, 3000);
    expect(await registry.heartbeat(queued.id, fence)).toMatchObject({ desiredState: 'running' });
    expect(await registry.getTrainingRun(queued.id)).toMatchObject({
      progress: { step: 10, totalSteps: 20 },
      trainedTokens: 3000,
    });

    const version = await registry.completeRun(queued.id, fence, OUTCOME);
    expect(version).toMatchObject({
      ...OUTCOME,
      state: 'registered',
      number: 1,
      preset: 'small',
      seed: 7,
      trainingRunId: queued.id,
    });
    expect(version.id).toMatch(/^ft:small:news:[A-Za-z0-9]{8}$/);
    expect(version.id).toBe(queued.modelId);
    const ended = await registry.getTrainingRun(queued.id);
    expect(ended).toMatchObject({ state: 'succeeded', modelVersionId: version.id, trainedTokens: 5678, error: null });
    expect(ended.finishedAt).toBeInstanceOf(Date);
    const { items: audit } = await registry.listAudit({ subject: version.id });
    expect(audit.map(({ action, actor }) => [action, actor])).toEqual([['version.register', `job:${queued.id}`]]);
  });

  it('writes an event at every change of state, oldest first, and pages through them', async () => {
    const { id, fence } = await runningRun();
    await registry.addRunEvent(id, { type: 'metrics', message: 'Epoch 1', data: { loss: 4.5 } });
    await registry.failRun(id, fence, { code: 'training_diverged', message: 'The loss is not finite.' });
    const { items } = await registry.listRunEvents(id);
    expect(items.map(({ message }) => message)).toEqual([
      expect.stringContaining('queued') as string,
      'The job has started.',
      'Epoch 1',
      'The job failed: The loss is not finite.',
    ]);
    expect(items[2]).toMatchObject({ type: 'metrics', level: 'info', data: { loss: 4.5 }, runId: id });

    const first = await registry.listRunEvents(id, { limit: 3 });
    expect([first.items.length, first.hasMore]).toEqual([3, true]);
    const rest = await registry.listRunEvents(id, { limit: 3, after: first.items[2]?.id });
    expect([rest.items.map((event) => event.id), rest.hasMore]).toEqual([[items[3]?.id], false]);
    expect((await registry.listRunEvents(id, { order: 'desc', limit: 1 })).items[0]?.id).toBe(items[3]?.id);
    await expect(registry.listRunEvents(id, { after: 'ftevent-999999' })).rejects.toMatchObject({
      code: 'invalid_value',
      param: 'after',
    });
    await expect(registry.listRunEvents('ftjob-none')).rejects.toMatchObject({ code: 'job_not_found' });
  });

  it('that failed says why, with code and parameter', async () => {
    const { id, fence } = await runningRun();
    await registry.failRun(id, fence, { code: 'corpus_too_small', message: 'Too small.', param: 'training_file' });
    expect(await registry.getTrainingRun(id)).toMatchObject({
      state: 'failed',
      error: { code: 'corpus_too_small', message: 'Too small.', param: 'training_file' },
    });
  });

  it('is not made of a file that does not exist, nor with a suffix or seed that cannot be', async () => {
    await expect(registry.createTrainingRun({ corpusId: 'file-none', preset: 'small', seed: 1 })).rejects.toMatchObject(
      {
        code: 'file_not_found',
        param: 'training_file',
      },
    );
    const corpusId = (await queueRun()).corpusId;
    await expect(
      registry.createTrainingRun({ corpusId, preset: 'small', seed: 1, suffix: 'No Spaces' }),
    ).rejects.toMatchObject({ param: 'suffix' });
    await expect(registry.createTrainingRun({ corpusId, preset: 'small', seed: -1 })).rejects.toMatchObject({
      param: 'seed',
    });
    await expect(
      registry.createTrainingRun({ corpusId, preset: 'small', seed: 1, baseVersionId: 'ft:x' }),
    ).rejects.toMatchObject({ code: 'model_not_found' });
  });
});

describe('a worker', () => {
  it('gets a run that no other worker gets, however many ask at once', async () => {
    const { id } = await queueRun();
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => registry.startRun(id)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected')
        expect(outcome.reason).toMatchObject({
          code: 'conflict',
          message: expect.stringContaining('is running and cannot become running') as string,
        });
    }
  });

  it('whose run was given away can change nothing', async () => {
    const { id, fence: old } = await runningRun();
    await registry.releaseRun(id, old);
    const { fence } = await registry.startRun(id);
    expect(fence).toBeGreaterThan(old);
    const before = await registry.getTrainingRun(id);
    const events = await registry.listRunEvents(id);
    const attempts = await Promise.allSettled([
      registry.heartbeat(id, old),
      registry.recordProgress(id, old, { step: 99 }, 99),
      registry.recordSavedStep(id, old, 99),
      registry.addRunEvent(id, { message: 'late' }, old),
      registry.failRun(id, old, { code: 'server_error', message: 'late' }),
      registry.cancelRun(id, old),
      registry.releaseRun(id, old),
      registry.loseRun(id, old, { code: 'server_error', message: 'late' }),
      registry.completeRun(id, old, OUTCOME),
    ]);
    const refusal = { code: 'conflict', message: expect.stringContaining('taken from this worker') as string };
    for (const attempt of attempts) {
      expect(attempt).toMatchObject({ status: 'rejected', reason: expect.objectContaining(refusal) as object });
    }
    expect(await registry.getTrainingRun(id)).toEqual(before);
    expect(await registry.listRunEvents(id)).toEqual(events);
    expect((await registry.listModelVersions()).items).toEqual([]);
  });

  it('cannot end a run twice', async () => {
    const { id, fence } = await runningRun();
    await registry.completeRun(id, fence, OUTCOME);
    await expect(registry.completeRun(id, fence, OUTCOME)).rejects.toThrow('is succeeded and cannot become succeeded');
    await expect(registry.failRun(id, fence, { code: 'server_error', message: 'x' })).rejects.toThrow(
      'is succeeded and cannot become failed',
    );
    await expect(registry.heartbeat(id, fence)).rejects.toThrow('is succeeded, not running');
  });

  it('leaves nothing half-registered when the version is refused', async () => {
    const { id, fence } = await runningRun();
    await expect(registry.completeRun(id, fence, { ...OUTCOME, bundleSha256: 'not a hash' })).rejects.toThrow();
    expect(await registry.getTrainingRun(id)).toMatchObject({ state: 'running', modelVersionId: null });
    expect((await registry.listModelVersions()).items).toEqual([]);
    expect((await registry.listAudit()).items).toEqual([]);
  });
});

describe('cancelling', () => {
  it('ends a queued run at once', async () => {
    const { id } = await queueRun();
    expect(await registry.requestCancel(id)).toMatchObject({ state: 'cancelled', desiredState: 'cancelled' });
    await expect(registry.startRun(id)).rejects.toThrow('is cancelled and cannot become running');
  });

  it('tells the worker of a running run, by a notification and at its next heartbeat, and asking again is no error', async () => {
    const { id, fence } = await runningRun();
    let hear!: (payload: string) => void;
    const heard = new Promise<string>((resolve) => (hear = resolve));
    const listener = await listen({
      ...test,
      channel: RUNS_CHANNEL,
      onNotification: hear,
      onReconnect: () => undefined,
    });
    expect(await registry.requestCancel(id)).toMatchObject({ state: 'running', desiredState: 'cancelled' });
    expect(await registry.requestCancel(id)).toMatchObject({ state: 'running' });
    expect(await heard).toBe(id);
    await listener.close();
    expect(await registry.heartbeat(id, fence)).toMatchObject({ desiredState: 'cancelled' });
    expect(await registry.cancelRun(id, fence)).toMatchObject({ state: 'cancelled' });
    expect(await registry.requestCancel(id)).toMatchObject({ state: 'cancelled' });
  });

  it('comes too late for a run that has ended', async () => {
    const { id, fence } = await runningRun();
    await registry.completeRun(id, fence, OUTCOME);
    await expect(registry.requestCancel(id)).rejects.toThrow(
      'is succeeded and cannot become cancelled; it is in its last state',
    );
    await expect(registry.requestCancel('ftjob-none')).rejects.toMatchObject({ code: 'job_not_found' });
  });
});

describe('the list of runs', () => {
  it('has the newest first, in pages without gaps, and by state', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 5; index++) ids.unshift((await queueRun()).id);
    const first = await registry.listTrainingRuns({ limit: 2 });
    const second = await registry.listTrainingRuns({ limit: 2, after: first.items[1]?.id });
    const third = await registry.listTrainingRuns({ limit: 2, after: second.items[1]?.id });
    const pages = [first, second, third];
    expect(pages.map(({ hasMore }) => hasMore)).toEqual([true, true, false]);
    expect(pages.flatMap(({ items }) => items.map(({ id }) => id)).sort()).toEqual([...ids].sort());
    await registry.startRun(ids[0] as string);
    expect((await registry.listTrainingRuns({ state: 'running' })).items.map(({ id }) => id)).toEqual([ids[0]]);
    await expect(registry.listTrainingRuns({ limit: 0 })).rejects.toMatchObject({ param: 'limit' });
    await expect(registry.listTrainingRuns({ after: 'ftjob-none' })).rejects.toMatchObject({ param: 'after' });
  });
});

describe('the database', () => {
  it('refuses what no run may be, whatever the code does', async () => {
    const version = await registerVersion(registry);
    const change = (sql: string) =>
      database.pool.query(`UPDATE training_runs SET ${sql} WHERE id = $1`, [version.trainingRunId]);
    for (const sql of [
      `state = 'done'`,
      `state = 'running'`,
      'finished_at = NULL',
      `error_code = 'x', error_message = 'x'`,
      `corpus_id = 'none'`,
      'fence = 0',
      `desired_state = 'x'`,
    ]) {
      await expect(change(sql), sql).rejects.toThrow(/violates (check|foreign key) constraint/);
    }
  });
});
