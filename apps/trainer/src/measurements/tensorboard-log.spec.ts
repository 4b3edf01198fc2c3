import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readEventFile, type ReadEvent } from '../testing/read-event-file.js';
import { NO_PROGRESS, type Evaluation } from '../training/run-progress.js';
import { TensorBoardLog } from './tensorboard-log.js';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tensorboard-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const PROGRESS = {
  ...NO_PROGRESS,
  step: 7,
  lossNats: 2,
  learningRate: 0.5,
  gradientNorm: 3,
  updateRatio: 0.25,
  tokensPerSecond: 1000,
  stepMs: { read: 1, compute: 20, optimizer: 4 },
};

const EVALUATION: Evaluation = {
  step: 8,
  epoch: 1,
  trainingSeconds: 3,
  train: { tokens: 10, lossNats: 1.5, perplexity: 4.5, top1: 0.5, top5: 0.75 },
  validation: { tokens: 10, lossNats: 1.75, perplexity: 5.75, top1: 0.25, top5: 0.5 },
  gapPoints: 25,
  sample: 'Once upon',
};

function open(attempt: number, onError: (error: unknown) => void = unexpected): TensorBoardLog {
  return new TensorBoardLog(root, { id: 'ftjob-1', attempt }, onError);
}

function unexpected(error: unknown): void {
  throw error;
}

/** The events of the run's files, one file after the other. */
async function written(): Promise<ReadEvent[][]> {
  const names = await readdir(join(root, 'ftjob-1'));
  return names.sort().map((name) => readEventFile(join(root, 'ftjob-1', name)));
}

describe('TensorBoardLog', () => {
  it('writes every number of training and evaluation at its step, and the sample as text', async () => {
    const log = open(1);
    log.progress(PROGRESS);
    log.evaluation(EVALUATION);
    await log.drain();
    const [events] = await written();
    expect(events).toMatchObject([
      { fileVersion: 'brain.Event:2' },
      { restart: true, step: 7 },
      {
        step: 7,
        scalars: {
          'loss/train': 2,
          'perplexity/train': Math.fround(Math.exp(2)),
          'optimizer/learning_rate': 0.5,
          'optimizer/gradient_norm': 3,
          'optimizer/update_ratio': 0.25,
          'speed/tokens_per_second': 1000,
          'speed/read_ms': 1,
          'speed/compute_ms': 20,
          'speed/optimizer_ms': 4,
        },
      },
      {
        step: 8,
        scalars: {
          'loss/train_evaluated': 1.5,
          'loss/validation': 1.75,
          'perplexity/validation': 5.75,
          'top1/train': 0.5,
          'top1/validation': 0.25,
          'top1/gap_points': 25,
        },
      },
      { step: 8, texts: { sample: 'Once upon' } },
    ]);
  });

  it('holds back what comes too fast, but not the last of it before an evaluation or the end', async () => {
    const log = open(1);
    for (const step of [1, 2, 3, 4]) log.progress({ ...PROGRESS, step });
    log.evaluation(EVALUATION);
    for (const step of [9, 10, 11]) log.progress({ ...PROGRESS, step });
    await log.drain();
    await log.drain();
    const [events] = await written();
    expect(events?.filter(({ scalars }) => 'loss/train' in scalars).map(({ step }) => step)).toEqual([1, 4, 11]);
  });

  it('tells readers from which step on an attempt that goes on replaces the one before', async () => {
    const first = open(1);
    first.progress(PROGRESS);
    await first.drain();
    const second = open(2);
    second.resumed(4);
    second.progress({ ...PROGRESS, step: 6 });
    await second.drain();
    const [, events] = await written();
    expect(events?.filter(({ restart }) => restart)).toMatchObject([{ step: 5 }]);
  });

  it('makes no file for a run that learned nothing', async () => {
    await open(1).drain();
    expect(await readdir(root)).toEqual([]);
  });

  it('ends at the first error, and says so once', async () => {
    await writeFile(join(root, 'ftjob-1'), 'a file where the folder should be');
    const onError = vi.fn();
    const log = open(1, onError);
    log.progress(PROGRESS);
    log.evaluation(EVALUATION);
    await log.drain();
    expect(onError).toHaveBeenCalledOnce();
  });
});
