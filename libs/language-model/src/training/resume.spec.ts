import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tinyCorpus, type TinyCorpus } from '#testing';
import { trainModel, type TrainModelInput, type TrainModelOutcome, type TrainModelResult } from './train-model.js';
import type { TrainingEvent } from './training-event.js';

const SETTINGS = {
  embedding_dim: 8,
  lstm_units: 16,
  batch_size: 8,
  sequence_length: 10,
  n_epochs: 2,
  learning_rate: 0.02,
  validation_fraction: 0.1,
  test_fraction: 0.1,
};

let root: string;
let corpus: TinyCorpus;
let uninterrupted: TrainModelResult;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'understudy-resume-'));
  corpus = await tinyCorpus({ documents: 10, words: 300 });
  uninterrupted = finished(await train('uninterrupted'));
}, 60_000);
afterAll(async () => {
  await rm(root, { recursive: true });
  await corpus.remove();
});

interface Attempt {
  readonly observer?: (event: TrainingEvent) => void;
  readonly stop?: AbortSignal;
  readonly overrides?: Partial<TrainModelInput>;
}

async function train(workFolder: string, { observer, stop, overrides }: Attempt = {}): Promise<TrainModelOutcome> {
  const input = { paths: [corpus.folder], preset: 'small', hyperparameters: SETTINGS, seed: 1, threads: 1 };
  return trainModel({ ...input, workFolder: join(root, workFolder), ...overrides }, (event) => observer?.(event), {
    stop,
  });
}

function finished(outcome: TrainModelOutcome): TrainModelResult {
  if (outcome.kind !== 'finished') throw new Error(`The run stopped at step ${outcome.step}.`);
  return outcome.result;
}

async function bytesOf(folder: string): Promise<Record<string, string>> {
  const entries = (await readdir(folder)).map(async (name) => [name, await readFile(join(folder, name), 'base64')]);
  return Object.fromEntries(await Promise.all(entries)) as Record<string, string>;
}

/** Runs and stops again and again, each time when `isTime` says so, until the run is through. */
async function inPieces(
  name: string,
  isTime: (event: TrainingEvent, attempt: number) => boolean,
): Promise<{ result: TrainModelResult; attempts: number; resumedAt: number[] }> {
  const resumedAt: number[] = [];
  for (let attempts = 1; attempts < 100; attempts++) {
    const controller = new AbortController();
    const observer = (event: TrainingEvent): void => {
      if (event.type === 'resumed') resumedAt.push(event.step);
      if (isTime(event, attempts)) controller.abort();
    };
    const overrides = { stateFolder: join(root, `${name}-state`), saveIntervalSeconds: 0 };
    const outcome = await train(`${name}-${attempts}`, { observer, stop: controller.signal, overrides });
    if (outcome.kind === 'finished') return { result: outcome.result, attempts, resumedAt };
  }
  throw new Error('The run does not come to its end.');
}

describe('a stopped run', { timeout: 120_000 }, () => {
  it('ends with the same bytes as one that was never stopped, wherever it was stopped', async () => {
    const evaluated: number[] = [];
    const { result, attempts, resumedAt } = await inPieces('steps', (event, attempt) => {
      if (event.type === 'evaluation') evaluated.push(event.step);
      // Saved after every step; stopped after more and more of them.
      return event.type === 'state_saved' && event.step >= attempt * attempt;
    });
    expect(attempts).toBeGreaterThan(4);
    expect(resumedAt).toEqual([...resumedAt].sort((a, b) => a - b));
    expect(await bytesOf(result.bundleFolder)).toEqual(await bytesOf(uninterrupted.bundleFolder));
    expect(result.trainedTokens).toBe(uninterrupted.trainedTokens);
    expect(result.metrics.train).toEqual(uninterrupted.metrics.train);
    expect(new Set(evaluated).size).toBe(evaluated.length);
    expect(await readdir(join(root, 'steps-state'))).toHaveLength(1);
  });

  it.each(['reading', 'verifying'])('can be stopped while %s', async (phase) => {
    let stops = 0;
    const { result, attempts } = await inPieces(phase, (event, attempt) => {
      const isTime = attempt === 1 && event.type === 'phase' && event.phase === phase;
      if (isTime) stops++;
      return isTime;
    });
    expect([stops, attempts]).toEqual([1, 2]);
    expect(await bytesOf(result.bundleFolder)).toEqual(await bytesOf(uninterrupted.bundleFolder));
  });

  it('begins anew when the settings are others than those of the state, and never takes a damaged state', async () => {
    const stateFolder = join(root, 'other-state');
    const overrides = { stateFolder, saveIntervalSeconds: 0 };
    await train('other-1', { overrides });
    const events: TrainingEvent[] = [];
    const observer = (event: TrainingEvent): void => void events.push(event);
    const resumed = (): boolean => events.some((event) => event.type === 'resumed');
    await train('other-2', { observer, overrides: { ...overrides, seed: 2, stateFolder } });
    expect(resumed()).toBe(false);
    await train('other-3', { observer, overrides: { ...overrides, seed: 2 } });
    expect(resumed()).toBe(true);
    events.length = 0;
    const [name] = await readdir(stateFolder);
    await writeFile(join(stateFolder, name!, 'state.safetensors'), 'damaged');
    finished(await train('other-4', { observer, overrides: { ...overrides, seed: 2 } }));
    expect(resumed()).toBe(false);
  });
});

describe('a run that continues from a bundle', { timeout: 60_000 }, () => {
  it('begins with its weights and keeps its sizes and tokenizer', async () => {
    const losses: number[] = [];
    const observer = (event: TrainingEvent): void => {
      if (event.type === 'progress') losses.push(event.lossNats);
    };
    const hyperparameters = {
      batch_size: 8,
      sequence_length: 10,
      n_epochs: 1,
      learning_rate: 1e-6,
      validation_fraction: 0.1,
    };
    const { bundleFolder: baseBundleFolder } = uninterrupted;
    const result = finished(await train('continued', { observer, overrides: { hyperparameters, baseBundleFolder } }));
    expect(losses[0]).toBeLessThan(uninterrupted.metrics.train.lossNats + 0.7);
    const [before, after] = [await bytesOf(baseBundleFolder), await bytesOf(result.bundleFolder)];
    expect(after['tokenizer.json']).toBe(before['tokenizer.json']);
    expect(result.parameters).toBe(uninterrupted.parameters);
    expect(result.metrics.validation.lossNats).toBeCloseTo(uninterrupted.metrics.validation.lossNats, 1);
  });

  it('refuses another size', async () => {
    const overrides = { hyperparameters: { lstm_units: 32 }, baseBundleFolder: uninterrupted.bundleFolder };
    await expect(train('resized', { overrides })).rejects.toMatchObject({ code: 'invalid_value', param: 'lstm_units' });
  });
});

describe('exportCheckpoints', { timeout: 60_000 }, () => {
  it('makes a whole bundle at each evaluation', async () => {
    const checkpoints: { step: number; files: number; evaluated: number }[] = [];
    const folders: string[] = [];
    await train('checkpoints', {
      overrides: { exportCheckpoints: true },
      observer: (event) => {
        if (event.type !== 'checkpoint') return;
        folders.push(event.bundleFolder);
        checkpoints.push({ step: event.step, files: 0, evaluated: event.evaluation.step });
      },
    });
    expect(checkpoints.length).toBeGreaterThan(3);
    for (const { step, evaluated } of checkpoints) expect(evaluated).toBe(step);
    for (const folder of folders) expect(await readdir(folder)).toContain('manifest.json');
  });
});
