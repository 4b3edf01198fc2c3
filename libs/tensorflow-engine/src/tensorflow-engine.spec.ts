import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  OnnxRuntimeEngine,
  TrainingStep,
  createEvaluator,
  type Architecture,
  type Parameters,
  type TrainingEngine,
} from '#language-model/workbench';
import { TensorFlowEngine } from './tensorflow-engine.js';

const [V, E, H, T, B] = [23, 5, 7, 6, 3];
const ARCHITECTURE: Architecture = { vocabularySize: V, embeddingDim: E, lstmUnits: H, numLayers: 2 };
/** Largest difference allowed, relative to a tensor's largest element. */
const TOLERANCE = 1e-4;

let engines: Record<'onnxruntime' | 'tensorflow', TrainingEngine>;

beforeAll(async () => {
  engines = {
    onnxruntime: new OnnxRuntimeEngine(1),
    tensorflow: await TensorFlowEngine.load('@tensorflow/tfjs-core'),
  };
});

function openStep(engine: TrainingEngine, dropoutRate: number): Promise<TrainingStep> {
  const text = Uint16Array.from({ length: 200 }, (_, i) => (i * i * 7 + 3) % V);
  return TrainingStep.create({
    architecture: ARCHITECTURE,
    sequenceLength: T,
    batchSize: B,
    dropoutRate,
    seed: 11,
    engine,
    text,
  });
}

/** Window `index`: ids [T, B] and targets [T*B], with repetitions. */
function window(index: number): [BigInt64Array, BigInt64Array] {
  const at = (t: number, b: number): bigint => BigInt(((index * T + t) ** 2 * 7 + b * 5 + t) % V);
  const rows = (from: number): BigInt64Array =>
    BigInt64Array.from({ length: T * B }, (_, i) => at(from + Math.floor(i / B), i % B));
  return [rows(0), rows(1)];
}

function expectClose(actual: Parameters, expected: Parameters): void {
  for (const { name } of expected.specs) {
    const [a, e] = [actual.view(name), expected.view(name)];
    const largest = e.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(largest, name).toBeGreaterThan(0);
    const worst = e.reduce((most, value, i) => Math.max(most, Math.abs(value - a[i]!)), 0);
    expect(worst / largest, name).toBeLessThan(TOLERANCE);
  }
}

describe.each([0, 0.4])('with dropout %f, both engines', (dropoutRate) => {
  let steps: Record<keyof typeof engines, TrainingStep>;
  beforeAll(async () => {
    steps = {
      onnxruntime: await openStep(engines.onnxruntime, dropoutRate),
      tensorflow: await openStep(engines.tensorflow, dropoutRate),
    };
  });
  afterAll(async () => {
    for (const step of Object.values(steps)) await step.dispose();
  });

  it('compute the same loss and gradients, and learn the same over windows whose state is carried on', async () => {
    for (const index of [0, 1, 2]) {
      const [ids, targets] = window(index);
      const update = { learningRate: 0.01, weightDecay: 0.05, clipNorm: 1 };
      const expected = await steps.onnxruntime.run(ids, targets, update);
      const actual = await steps.tensorflow.run(ids, targets, update);
      expect(actual.lossNats).toBeCloseTo(expected.lossNats, 5);
      expect(actual.gradientNorm / expected.gradientNorm).toBeCloseTo(1, 5);
      expectClose(steps.tensorflow.gradients, steps.onnxruntime.gradients);
      expectClose(steps.tensorflow.parameters, steps.onnxruntime.parameters);
    }
  });

  it('measure the same loss and the same ranks', async () => {
    const text = Uint16Array.from({ length: 170 }, (_, i) => (i * 5 + (i % 7)) % V);
    const { parameters } = steps.onnxruntime;
    const measure = async (engine: TrainingEngine) => {
      const evaluator = await createEvaluator(ARCHITECTURE, parameters, engine);
      const evaluation = await evaluator.evaluate(text);
      await evaluator.dispose();
      return evaluation;
    };
    const [expected, actual] = [await measure(engines.onnxruntime), await measure(engines.tensorflow)];
    expect(actual.lossNats).toBeCloseTo(expected.lossNats, 5);
    expect([actual.tokens, actual.top1, actual.top5]).toEqual([expected.tokens, expected.top1, expected.top5]);
  });

  it('leave no tensor behind in TensorFlow.js', async () => {
    const before = tf.memory().numTensors;
    await steps.tensorflow.computeGradients(...window(3));
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('the TensorFlow.js engine', () => {
  it('computes the same bits again', async () => {
    const run = async (): Promise<number[]> => {
      const step = await openStep(engines.tensorflow, 0.4);
      const losses: number[] = [];
      for (const index of [0, 1]) {
        const { lossNats } = await step.run(...window(index), { learningRate: 0.01, weightDecay: 0.05, clipNorm: 1 });
        losses.push(lossNats);
      }
      await step.dispose();
      return losses;
    };
    expect(await run()).toEqual(await run());
  });
});
