import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openDatabase, type Database } from '#database';
import { ServiceMetrics } from '#observability';
import { Registry } from '#registry';
import { createTestDatabase, registerVersion, type TestDatabase } from '#testing';
import { ObservationRecorder, type Observed } from './observation-recorder.js';

const SOON = { timeout: 20_000, interval: 50 };

let test: TestDatabase;
let database: Database;
let registry: Registry;
let releaseId: string;
let opened: ObservationRecorder[];

beforeEach(async () => {
  test = await createTestDatabase();
  database = openDatabase(test);
  registry = new Registry(database);
  const [incumbent, candidate] = [await registerVersion(registry), await registerVersion(registry)];
  await registry.ensureDeployment('production');
  await registry.promote({ deployment: 'production', versionId: incumbent.id, actor: 'test' });
  const wanted = { deployment: 'production', candidateVersionId: candidate.id, actor: 'test' };
  releaseId = (await registry.releases.open(wanted)).id;
  opened = [];
});

afterEach(async () => {
  await Promise.all(opened.map((recorder) => recorder.onApplicationShutdown()));
  await database.close();
  await test.close();
});

function open(of = registry): { recorder: ObservationRecorder; metrics: ServiceMetrics } {
  const metrics = new ServiceMetrics();
  const recorder = new ObservationRecorder(of, `replica-${opened.length}`, metrics);
  opened.push(recorder);
  return { recorder, metrics };
}

function observed(value: number): Observed {
  const rest = { tokens: null, requestId: null, client: null };
  return { releaseId, metric: 'latency', arm: 'candidate', stageIndex: 1, share: 0.5, value, ...rest };
}

async function values(): Promise<number[]> {
  const found = await registry.releases.readOpenCase('production', 100_000);
  return (found?.observations ?? []).map(({ value }) => value);
}

describe('the recorder', () => {
  it('writes within a second what it is given, without being waited for', async () => {
    const { recorder } = open();
    recorder.onApplicationBootstrap();
    const at = Date.now();
    for (let value = 0; value < 2500; value++) recorder.record(observed(value));
    await expect.poll(async () => (await values()).length, SOON).toBe(2500);
    const found = await registry.releases.readOpenCase('production', 100_000);
    expect(found?.observations.map(({ value }) => value)).toEqual(Array.from({ length: 2500 }, (_, value) => value));
    // The time at which it was made, not that at which it was written.
    for (const { at: made } of found?.observations ?? []) expect(made.getTime() - at).toBeLessThan(1000);
  });

  it('writes what it has when it is stopped', async () => {
    const { recorder } = open();
    recorder.record(observed(7));
    await recorder.onApplicationShutdown();
    expect(await values()).toEqual([7]);
  });

  it('counts answered requests together, by arm and share', async () => {
    const { recorder } = open();
    const one = { releaseId, stageIndex: 1, share: 0.5, arm: 'candidate' } as const;
    for (let count = 0; count < 300; count++)
      recorder.countRequest(count % 3 === 0 ? one : { ...one, arm: 'incumbent' }, 2);
    recorder.countRequest({ ...one, share: 0.6 }, 2);
    await recorder.onApplicationShutdown();
    const found = await registry.releases.readOpenCase('production', 100);
    expect(
      found?.observations.map(({ metric, arm, share, value }) => `${metric} ${arm} ${share} ${value}`).sort(),
    ).toEqual(['requests candidate 0.5 100', 'requests candidate 0.6 1', 'requests incumbent 0.5 200']);
  });

  it('keeps what cannot be written while the database is away, and writes it once', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    const { recorder } = open();
    recorder.onApplicationBootstrap();
    await database.pool.query('ALTER TABLE observations RENAME TO observations_elsewhere');
    for (let value = 0; value < 10; value++) recorder.record(observed(value));
    await expect.poll(() => warn.mock.calls.length, SOON).toBe(1);
    warn.mockRestore();
    recorder.record(observed(10));
    await database.pool.query('ALTER TABLE observations_elsewhere RENAME TO observations');
    await expect.poll(values, SOON).toEqual(Array.from({ length: 11 }, (_, value) => value));
  });

  it('leaves out the second of two with the same key, from whichever replica', async () => {
    for (const { recorder } of [open(), open()]) {
      recorder.record(observed(1), 'feedback:cmpl-1');
      recorder.record(observed(2));
      await recorder.onApplicationShutdown();
    }
    expect(await values()).toEqual([1, 2, 2]);
  });

  it('drops what is too much, and counts it', async () => {
    const { recorder, metrics } = open();
    for (let value = 0; value < 10_005; value++) recorder.record(observed(value));
    const text = await metrics.registry.metrics();
    expect(text).toContain('understudy_observations_dropped_total 5');
    expect(text).toContain('understudy_observations_total{metric="latency",arm="candidate"} 10000');
    await recorder.onApplicationShutdown();
    expect((await values()).length).toBe(10_000);
  });
});
