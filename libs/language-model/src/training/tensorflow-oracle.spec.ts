import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
// Its bundle for Node leaves the gradients out; that of the Layers library registers them, for every copy.
import '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GraphSession, float32Tensor, int64Tensor, type HostTensor } from '#tensor-graph';
import { buildDecodeGraph, buildScoreGraph } from '../bundle/serving-graphs.js';
import type { Architecture } from '../model/architecture.js';
import type { Parameters } from '../model/parameters.js';
import { fillUniform, STREAMS } from '../model/random.js';
import { OnnxRuntimeEngine } from './training-engine.js';
import { TrainingStep } from './training-step.js';

// The model once more, in TensorFlow.js and from the papers' equations: nothing below `oracle` comes from our graphs.

const [V, E, H, T, B] = [23, 5, 7, 6, 3];
const ARCHITECTURE: Architecture = { vocabularySize: V, embeddingDim: E, lstmUnits: H, numLayers: 2 };
const SEED = 11;
/** Largest difference allowed, relative to a tensor's largest element. */
const TOLERANCE = 1e-4;
/** An update that changes nothing, so that a step only carries the state on. */
const NO_UPDATE = { learningRate: 0, weightDecay: 0, clipNorm: 1 };

type Weights = Record<string, tf.Tensor>;
type State = { hidden: tf.Tensor2D; cell: tf.Tensor2D };

interface OraclePass {
  /** [T*B, V] */
  readonly logits: tf.Tensor2D;
  readonly states: State[];
}

/** A window through the model: ids [T][B]; masks [B, E], [B, H], [B, H] or none. */
function oracle(
  weights: Weights,
  ids: readonly number[][],
  initial: readonly State[],
  masks?: readonly tf.Tensor[],
): OraclePass {
  const drop = (x: tf.Tensor2D, index: number): tf.Tensor2D => (masks ? tf.mul(x, masks[index]!) : x);
  const states = [...initial];
  const outputs = ids.map((row) => {
    let x = drop(tf.gather(weights['embedding.weight'] as tf.Tensor2D, tf.tensor1d(row, 'int32')), 0);
    states.forEach((state, layer) => {
      const activations = tf.add<tf.Tensor2D>(
        tf.add(
          tf.matMul(x, weights[`lstm.${layer}.input`]!),
          tf.matMul(state.hidden, weights[`lstm.${layer}.recurrent`]!),
        ),
        weights[`lstm.${layer}.bias`]!,
      );
      const [input, output, forget, candidate] = tf.split<tf.Tensor2D>(activations, 4, 1);
      const cell = tf.add<tf.Tensor2D>(
        tf.mul(tf.sigmoid(forget!), state.cell),
        tf.mul(tf.sigmoid(input!), tf.tanh(candidate!)),
      );
      const hidden = tf.mul<tf.Tensor2D>(tf.sigmoid(output!), tf.tanh(cell));
      states[layer] = { hidden, cell };
      const { mean, variance } = tf.moments(hidden, 1, true);
      const normalized = tf.div(tf.sub(hidden, mean), tf.sqrt(tf.add(variance, 1e-3)));
      const scaled = tf.add<tf.Tensor2D>(
        tf.mul(normalized, weights[`norm.${layer}.gain`]!),
        weights[`norm.${layer}.bias`]!,
      );
      x = drop(scaled, layer + 1);
    });
    return x;
  });
  const logits = tf.add<tf.Tensor2D>(
    tf.matMul(tf.concat(outputs, 0), weights['output.weight']!),
    weights['output.bias']!,
  );
  return { logits, states };
}

/** Negative log-likelihood of each target, [T*B]. */
function oracleLosses(logits: tf.Tensor2D, targets: readonly number[]): tf.Tensor1D {
  const right = tf.oneHot(tf.tensor1d([...targets], 'int32'), V);
  return tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), right), 1));
}

function zeroStates(): State[] {
  const zeros = (): tf.Tensor2D => tf.zeros([B, H]);
  return [0, 1].map(() => ({ hidden: zeros(), cell: zeros() }));
}

/** Parameters that are nowhere zero or equal, so that every gradient counts. */
function fillParameters(parameters: Parameters): void {
  parameters.specs.forEach(({ name }, index) => {
    const view = parameters.view(name);
    fillUniform(view, 99, 0, index);
    for (let i = 0; i < view.length; i++) view[i] = (name.endsWith('gain') ? 1 : 0) + 1.2 * (view[i]! - 0.5);
  });
}

function toWeights(parameters: Parameters): Weights {
  return Object.fromEntries(
    parameters.specs.map(({ name, shape }) => [name, tf.tensor(parameters.view(name).slice(), [...shape])]),
  );
}

/** The dropout masks of a step, by their definition. */
function masksOf(step: number, rate: number): tf.Tensor[] | undefined {
  if (rate === 0) return undefined;
  return [E, H, H].map((width, index) => {
    const uniform = new Float32Array(B * width);
    fillUniform(uniform, SEED, STREAMS.dropout + 16 * index, step);
    return tf.tensor2d(
      uniform.map((u) => (u < rate ? 0 : 1 / (1 - rate))),
      [B, width],
    );
  });
}

/** Token ids of window `index`, [T][B], with repetitions; row T is what follows. */
function tokens(index: number): number[][] {
  return Array.from({ length: T + 1 }, (_row, t) =>
    Array.from({ length: B }, (_lane, b) => ((index * T + t) ** 2 * 7 + b * 5 + t) % V),
  );
}

function toBigInts(values: readonly number[]): BigInt64Array {
  return BigInt64Array.from(values, BigInt);
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  expect(actual.length, what).toBe(expected.length);
  const largest = Math.max(...Array.from(expected, Math.abs));
  expect(largest, what).toBeGreaterThan(0);
  const worst = Math.max(...Array.from(expected, (value, i) => Math.abs(actual[i]! - value)));
  expect(worst / largest, what).toBeLessThan(TOLERANCE);
}

beforeAll(async () => {
  tf.env().set('IS_NODE', false); // else it advertises its native package on standard error
  await tf.setBackend('cpu');
  tf.engine().startScope();
});
afterAll(() => {
  tf.engine().endScope();
});

describe.each([
  ['without dropout', 0],
  ['with dropout', 0.4],
])('training step, %s', (_name, dropoutRate) => {
  let step: TrainingStep;
  let weights: Weights;
  beforeAll(async () => {
    step = await TrainingStep.create({
      architecture: ARCHITECTURE,
      sequenceLength: T,
      batchSize: B,
      dropoutRate,
      seed: SEED,
      engine: new OnnxRuntimeEngine(1),
    });
    fillParameters(step.parameters);
    weights = toWeights(step.parameters);
  });
  afterAll(async () => {
    await step.dispose();
  });

  it('computes the loss and every gradient of TensorFlow.js, over two windows with the state carried on', async () => {
    let states = zeroStates();
    for (const index of [0, 1]) {
      const rows = tokens(index);
      const [ids, targets] = [rows.slice(0, T), rows.slice(1).flat()];
      const masks = masksOf(index, dropoutRate);
      const names = Object.keys(weights);
      const loss = (...values: tf.Tensor[]): tf.Scalar => {
        const named = Object.fromEntries(names.map((name, i) => [name, values[i]!]));
        return tf.mean(oracleLosses(oracle(named, ids, states, masks).logits, targets));
      };
      const { value, grads } = tf.valueAndGrads(loss)(Object.values(weights));

      const lossNats = await step.computeGradients(toBigInts(ids.flat()), toBigInts(targets));
      expectClose([lossNats], value.dataSync(), 'loss');
      names.forEach((name, i) =>
        expectClose(step.gradients.view(name), grads[i]!.dataSync(), `window ${index}, gradient of ${name}`),
      );

      const { lossNats: again } = await step.run(toBigInts(ids.flat()), toBigInts(targets), NO_UPDATE);
      expect(again).toBe(lossNats);
      states = oracle(weights, ids, states, masks).states;
    }
  });
});

describe('serving graphs', () => {
  const rows = tokens(0);
  const ids = rows.slice(0, T);
  let parameters: Parameters;
  let pass: OraclePass;
  beforeAll(async () => {
    const step = await TrainingStep.create({
      architecture: ARCHITECTURE,
      sequenceLength: T,
      batchSize: B,
      dropoutRate: 0,
      seed: SEED,
      engine: new OnnxRuntimeEngine(1),
    });
    ({ parameters } = step);
    fillParameters(parameters);
    pass = oracle(toWeights(parameters), ids, zeroStates());
    await step.dispose();
  });

  function initialFeeds(): Record<string, HostTensor> {
    const feeds: Record<string, HostTensor> = {};
    for (const { name, shape } of parameters.specs) feeds[name] = float32Tensor(parameters.view(name), shape);
    for (const name of ['hidden_0', 'cell_0', 'hidden_1', 'cell_1'])
      feeds[name] = float32Tensor(new Float32Array(B * H), [1, B, H]);
    return feeds;
  }

  it('decode to the probabilities of TensorFlow.js at each temperature, with nothing left for <unk>', async () => {
    const temperatures = [1, 0.5, 2];
    const session = await GraphSession.create(buildDecodeGraph(ARCHITECTURE, 'fed'), { threads: 1 });
    const feeds = initialFeeds();
    feeds['inverse_temperature'] = float32Tensor(
      Float32Array.from(temperatures, (t) => 1 / t),
      [B, 1],
    );
    const never = tf.oneHot(tf.tensor1d([0], 'int32'), V, -Infinity, 0);
    const expected = tf.softmax(tf.div(tf.add(pass.logits, never), tf.tile(tf.tensor2d(temperatures, [B, 1]), [T, 1])));
    for (let t = 0; t < T; t++) {
      feeds['ids'] = int64Tensor(toBigInts(ids[t]!), [1, B]);
      const results = await session.run(feeds);
      for (const name of Object.keys(results))
        if (name.startsWith('next_')) feeds[name.slice('next_'.length)] = results[name]!;
      const probabilities = results['probabilities']!.data as Float32Array;
      expectClose(probabilities, tf.slice(expected, [t * B, 0], [B, V]).dataSync(), `probabilities at ${t}`);
      for (let b = 0; b < B; b++) expect(probabilities[b * V]).toBe(0);
    }
    await session.dispose();
  });

  it('score each token with the loss and rank of TensorFlow.js', async () => {
    const targets = rows.slice(1).flat();
    const session = await GraphSession.create(buildScoreGraph(ARCHITECTURE, 'fed'), { threads: 1 });
    const feeds = {
      ...initialFeeds(),
      ids: int64Tensor(toBigInts(ids.flat()), [T, B]),
      targets: int64Tensor(toBigInts(targets), [T * B]),
    };
    const results = await session.run(feeds);
    await session.dispose();
    expectClose(results['losses']!.data as Float32Array, oracleLosses(pass.logits, targets).dataSync(), 'losses');
    const logits = pass.logits.arraySync();
    const ranks = targets.map((target, row) => logits[row]!.filter((logit) => logit > logits[row]![target]!).length);
    expect([...(results['ranks']!.data as Float32Array)]).toEqual(ranks);
  });
});
