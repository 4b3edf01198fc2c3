import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '#config';
import { openDatabase, type Database } from '#database';
import { Registry, type TrainingRun } from '#registry';
import { createTestDatabase, guardAgainstLeaks, type TestDatabase } from '#testing';
import { WorkFolders } from './work-folders.js';

guardAgainstLeaks();

let test: TestDatabase;
let database: Database;
let registry: Registry;
let runsDir: string;
let folders: WorkFolders;

beforeEach(async () => {
  test = await createTestDatabase();
  database = openDatabase(test);
  registry = new Registry(database);
  runsDir = await mkdtemp(join(tmpdir(), 'work-folders-'));
  folders = new WorkFolders(registry, { config: loadConfig({ RUNS_DIR: runsDir }), childScript: '' });
});

afterEach(async () => {
  await database.close();
  await test.close();
  await rm(runsDir, { recursive: true, force: true });
});

async function startedRun(): Promise<TrainingRun> {
  const sha256 = 'a'.repeat(64);
  const corpus = await registry.createCorpus({ filename: 'a.txt', sizeBytes: 5, sha256, purpose: 'fine-tune' });
  const { id } = await registry.createTrainingRun({ corpusId: corpus.id, preset: 'small', seed: 1 });
  return (await registry.startRun(id)).run;
}

async function nextAttempt({ id, fence }: TrainingRun): Promise<TrainingRun> {
  await registry.releaseRun(id, fence);
  return (await registry.startRun(id)).run;
}

async function save(stateFolder: string, text: string): Promise<void> {
  await mkdir(stateFolder, { recursive: true });
  await writeFile(join(stateFolder, 'state'), text);
}

describe('the folders of a run', () => {
  it('hand the training state on, and nothing else of an attempt', async () => {
    const run = await startedRun();
    const first = await folders.create(run);
    expect(existsSync(first.stateFolder)).toBe(false);
    await save(first.stateFolder, 'one');
    await writeFile(join(first.workFolder, 'corpus'), 'text');
    await folders.leave(run, 'requeued');
    expect(readdirSync(first.workFolder)).toEqual(['state']);

    const second = await folders.create(await nextAttempt(run));
    expect(second.workFolder).not.toBe(first.workFolder);
    expect(readdirSync(second.workFolder)).toEqual(['state']);
    expect(await readFile(join(second.stateFolder, 'state'), 'utf8')).toBe('one');
    expect(readdirSync(join(runsDir, run.id))).toEqual(['attempt-2']);
  });

  it('keep the state of the newest attempt, whatever a process of an earlier one still writes', async () => {
    const run = await startedRun();
    const first = await folders.create(run);
    await save(first.stateFolder, 'one');
    const again = await nextAttempt(run);
    await save((await folders.create(again)).stateFolder, 'two');
    // It was frozen, and is not dead after all.
    await save(first.stateFolder, 'late');
    const third = await folders.create(await nextAttempt(again));
    expect(await readFile(join(third.stateFolder, 'state'), 'utf8')).toBe('two');
    expect(readdirSync(join(runsDir, run.id))).toEqual(['attempt-3']);
  });

  it('go away with the run, whoever ends it, and what is somebody else’s stays', async () => {
    const [own, elsewhere, paused] = [await startedRun(), await startedRun(), await startedRun()];
    for (const run of [own, elsewhere, paused]) await save((await folders.create(run)).stateFolder, 'one');
    await folders.leave(own, 'succeeded');
    await registry.cancelRun(elsewhere.id, elsewhere.fence);
    await registry.requestPause(paused.id);
    await registry.releaseRun(paused.id, paused.fence);
    await mkdir(join(runsDir, 'something'));
    await folders.removeEnded();
    expect(readdirSync(runsDir).sort()).toEqual([paused.id, 'something'].sort());
  });

  it('of an attempt that left nothing to go on from are not kept', async () => {
    const run = await startedRun();
    await folders.create(run);
    await folders.leave(run, 'paused');
    expect(readdirSync(runsDir)).toEqual([]);
  });
});
