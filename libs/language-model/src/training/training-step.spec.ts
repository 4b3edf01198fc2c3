import { afterEach, describe, expect, it } from 'vitest';
import type { Architecture } from '../model/architecture.js';
import { OnnxRuntimeEngine } from './training-engine.js';
import { TrainingStep } from './training-step.js';

const ARCHITECTURE: Architecture = { vocabularySize: 11, embeddingDim: 4, lstmUnits: 6, numLayers: 2 };
const [T, B] = [5, 3];
const UPDATE = { learningRate: 0.01, weightDecay: 0.1, clipNorm: 1 };
const IDS = BigInt64Array.from({ length: T * B }, (_, i) => BigInt((i * 7) % 11));
const TARGETS = BigInt64Array.from({ length: T * B }, (_, i) => BigInt((i * 3 + 1) % 11));

const opened: TrainingStep[] = [];

async function create(options: { dropoutRate?: number; seed?: number } = {}): Promise<TrainingStep> {
  const { dropoutRate = 0, seed = 1 } = options;
  const sizes = { architecture: ARCHITECTURE, sequenceLength: T, batchSize: B };
  const step = await TrainingStep.create({ ...sizes, dropoutRate, seed, engine: new OnnxRuntimeEngine(1) });
  opened.push(step);
  return step;
}

/** All parameters, bit for bit. */
function bytesOf(step: TrainingStep): string {
  return step.parameters.specs
    .map(({ name }) => Buffer.from(step.parameters.view(name).slice().buffer).toString('base64'))
    .join();
}

afterEach(async () => {
  for (const step of opened.splice(0)) await step.dispose();
});

describe('TrainingStep', () => {
  it('begins at the loss of a guess: the logarithm of the vocabulary size', async () => {
    const step = await create();
    expect(await step.computeGradients(IDS, TARGETS)).toBeCloseTo(Math.log(11), 0);
  });

  it('lowers the loss of a window that it sees again and again', async () => {
    const step = await create();
    const losses: number[] = [];
    for (let i = 0; i < 60; i++) {
      step.resetState();
      losses.push((await step.run(IDS, TARGETS, { ...UPDATE, learningRate: 0.03 })).lossNats);
    }
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);
  });

  it('carries the state from window to window until it is told to forget', async () => {
    const step = await create();
    const still = { ...UPDATE, learningRate: 0, weightDecay: 0 };
    const { lossNats: first } = await step.run(IDS, TARGETS, still);
    const { lossNats: second } = await step.run(IDS, TARGETS, still);
    step.resetState();
    const { lossNats: third } = await step.run(IDS, TARGETS, still);
    expect(second).not.toBe(first);
    expect(third).toBe(first);
  });

  it('draws the same dropout for the same seed and step, another for another step', async () => {
    const [a, b, other] = [
      await create({ dropoutRate: 0.5 }),
      await create({ dropoutRate: 0.5 }),
      await create({ dropoutRate: 0.5, seed: 2 }),
    ];
    const first = await a.computeGradients(IDS, TARGETS);
    expect(await b.computeGradients(IDS, TARGETS)).toBe(first);
    expect(await a.computeGradients(IDS, TARGETS)).toBe(first);
    await a.run(IDS, TARGETS, { ...UPDATE, learningRate: 0 });
    a.resetState();
    expect(await a.computeGradients(IDS, TARGETS)).not.toBe(first);
    expect(bytesOf(other)).not.toBe(bytesOf(b));
  });

  it('adds up in the same order with several threads, however often an id repeats', async () => {
    const [vocabularySize, steps, lanes] = [1500, 10, 16];
    const architecture = { vocabularySize, embeddingDim: 48, lstmUnits: 64, numLayers: 2 };
    const options = {
      architecture,
      sequenceLength: steps,
      batchSize: lanes,
      dropoutRate: 0.2,
      seed: 3,
      engine: new OnnxRuntimeEngine(2),
    };
    const ids = BigInt64Array.from({ length: steps * lanes }, (_, i) => BigInt((i * i) % 5));
    const targets = BigInt64Array.from({ length: steps * lanes }, (_, i) => BigInt((i * 31) % vocabularySize));
    const results: string[] = [];
    for (let repetition = 0; repetition < 2; repetition++) {
      const step = await TrainingStep.create(options);
      opened.push(step);
      for (let i = 0; i < 4; i++) await step.run(ids, targets, UPDATE);
      results.push(bytesOf(step));
    }
    expect(results[1] === results[0]).toBe(true);
  });

  it('leaves parameters and state as they were when the gradient is not a number', async () => {
    const step = await create();
    await step.run(IDS, TARGETS, UPDATE);
    const bias = step.parameters.view('output.bias');
    const good = bias[3]!;
    const expected = await step.computeGradients(IDS, TARGETS);
    bias[3] = NaN;
    const before = bytesOf(step);
    await expect(step.run(IDS, TARGETS, UPDATE)).rejects.toMatchObject({ code: 'training_diverged' });
    expect(bytesOf(step)).toBe(before);
    bias[3] = good;
    expect(await step.computeGradients(IDS, TARGETS)).toBe(expected);
  });
});
