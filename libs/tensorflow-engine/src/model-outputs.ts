import type { Rank, Scalar, Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { gradientName, maskName, parameterSpecs, stateNames, type Architecture } from '#language-model/workbench';
import type { TensorFlow } from './tensorflow-packages.js';
import type { NamedTensors } from './tensorflow-program.js';

/** Added to the variance; the same as in the graphs. */
const LAYER_NORMALIZATION_EPSILON = 1e-3;
const EMBEDDING = 'embedding.weight';

interface Pass {
  /** Of each target, nats [T*B]. */
  readonly losses: Tensor1D;
  /** [T*B, V] */
  readonly logits: Tensor2D;
  /** By the names of the outputs. */
  readonly states: Record<string, Tensor>;
}

/**
 * The model: (LSTM -> Layer Normalization -> dropout) per layer, dense layer and loss. embedded [T*B, E], before its dropout.
 * @see libs/language-model/src/model/forward.ts, of which this is the counterpart
 */
function forward(
  tf: TensorFlow,
  architecture: Architecture,
  T: number,
  withDropout: boolean,
  inputs: NamedTensors,
  embedded: Tensor2D,
): Pass {
  const { vocabularySize: V, lstmUnits: H, numLayers } = architecture;
  const drop = (x: Tensor2D, index: number): Tensor2D => {
    if (!withDropout) return x;
    const [rows, width] = x.shape;
    const masked = tf.mul<Tensor3D>(tf.reshape(x, [T, rows / T, width]), inputs[maskName(index)]!);
    return tf.reshape(masked, [rows, width]);
  };
  const states: Record<string, Tensor> = {};
  let x = drop(embedded, 0);
  for (let layer = 0; layer < numLayers; layer++) {
    const weight = (name: string): Tensor2D => inputs[`lstm.${layer}.${name}`] as Tensor2D;
    const names = stateNames(layer);
    const initial = (name: string): Tensor2D => tf.reshape(inputs[name]!, [-1, H]);
    let [hidden, cell] = [initial(names.hidden), initial(names.cell)];
    const projections = tf.split<Tensor2D>(tf.add(tf.matMul(x, weight('input')), weight('bias')), T, 0); // T x [B, 4H]
    const sequence = projections.map((projection) => {
      const activations = tf.add<Tensor2D>(tf.matMul(hidden, weight('recurrent')), projection);
      const [input, output, forget, candidate] = tf.split<Tensor2D>(activations, 4, 1);
      cell = tf.add(tf.mul(tf.sigmoid(forget!), cell), tf.mul(tf.sigmoid(input!), tf.tanh(candidate!)));
      hidden = tf.mul(tf.sigmoid(output!), tf.tanh(cell));
      return hidden;
    });
    states[`next_${names.hidden}`] = tf.expandDims(hidden, 0);
    states[`next_${names.cell}`] = tf.expandDims(cell, 0);
    const joined = tf.concat(sequence, 0); // [T*B, H]
    const { mean, variance } = tf.moments(joined, 1, true);
    const normalized = tf.div(tf.sub(joined, mean), tf.sqrt(tf.add(variance, LAYER_NORMALIZATION_EPSILON)));
    const gain = inputs[`norm.${layer}.gain`]!;
    x = drop(tf.add(tf.mul(normalized, gain), inputs[`norm.${layer}.bias`]!), layer + 1);
  }
  const logits = tf.add<Tensor2D>(tf.matMul(x, inputs['output.weight'] as Tensor2D), inputs['output.bias']!);
  const right = tf.oneHot(inputs['targets'] as Tensor1D, V);
  const losses = tf.neg(tf.sum<Tensor1D>(tf.mul(tf.logSoftmax(logits), right), 1));
  return { losses, logits, states };
}

/** Rows of the embedding [T*B, E] for the ids [T, B]. */
function embed(tf: TensorFlow, inputs: NamedTensors): Tensor2D {
  return tf.gather(inputs[EMBEDDING] as Tensor2D, tf.reshape<Rank.R1>(inputs['ids']!, [-1]));
}

/** What the training graph computes: mean loss, next states, and the gradient of every parameter. */
export function trainingOutputs(
  tf: TensorFlow,
  architecture: Architecture,
  T: number,
  withDropout: boolean,
  inputs: NamedTensors,
): NamedTensors {
  const specs = parameterSpecs(architecture);
  const names = specs.map(({ name }) => name).filter((name) => name !== EMBEDDING);
  let states: Record<string, Tensor> = {};
  const loss = (embedded: Tensor, ...values: Tensor[]): Scalar => {
    const parameters = Object.fromEntries(names.map((name, index) => [name, values[index]!]));
    const pass = forward(tf, architecture, T, withDropout, { ...inputs, ...parameters }, embedded as Tensor2D);
    // They leave this function beside its value, so they are kept by hand; the caller disposes of them.
    states = Object.fromEntries(Object.entries(pass.states).map(([name, state]) => [name, tf.keep(state)]));
    return tf.mul(tf.sum(pass.losses), inputs['loss_scale'] as Scalar);
  };
  const { value, grads } = tf.valueAndGrads(loss)([embed(tf, inputs), ...names.map((name) => inputs[name]!)]);
  const [dEmbedded, ...others] = grads as [Tensor2D, ...Tensor[]];
  const ids = tf.reshape(inputs['ids']!, [-1]);
  return {
    loss: value,
    ...states,
    [gradientName(EMBEDDING)]: scatterRows(tf, ids, dEmbedded, inputs[EMBEDDING]!.shape[0]),
    ...Object.fromEntries(others.map((gradient, index) => [gradientName(names[index]!), gradient])),
  };
}

/** A table [V, E] of zeros to whose rows `ids` the rows of `updates` are added; repeated ids add up. */
function scatterRows(tf: TensorFlow, ids: Tensor, updates: Tensor2D, rows: number): Tensor {
  // TensorFlow.js' own gradient of a gather goes over the whole text once for each word of the vocabulary.
  const [count, width] = updates.shape;
  return tf.scatterND(tf.reshape(ids, [count, 1]), updates, [rows, width]);
}

/** What the evaluation graph computes: loss of each target, how many words were more probable, next states. */
export function evaluationOutputs(
  tf: TensorFlow,
  architecture: Architecture,
  T: number,
  inputs: NamedTensors,
): NamedTensors {
  const { losses, logits, states } = forward(tf, architecture, T, false, inputs, embed(tf, inputs));
  const probabilities = tf.softmax(logits);
  const right = tf.oneHot(inputs['targets'] as Tensor1D, architecture.vocabularySize);
  const ofTarget = tf.sum(tf.mul(probabilities, right), 1, true);
  const ranks = tf.sum(tf.cast(tf.greater(probabilities, ofTarget), 'float32'), 1);
  return { losses, ranks, ...states };
}
