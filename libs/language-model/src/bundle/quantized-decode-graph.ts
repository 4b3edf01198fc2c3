import { Graph, ZERO_CODE, op, type Tensor } from '#tensor-graph';
import { stateNames } from '../model/forward.js';
import type { Parameters } from '../model/parameters.js';
import {
  LARGEST_ACTIVATION_CODE,
  LARGEST_WEIGHT_CODE,
  multiplyRow,
  quantizeColumns,
  scaleRows,
} from './quantized-weights.js';
import { NEVER } from './serving-graphs.js';

/** Scale of every activation's codes: hidden states lie between -1 and 1, and all else is brought there. */
const ACTIVATION_SCALE = 1 / LARGEST_ACTIVATION_CODE;

/**
 * How far from their mean Layer Normalization's results may lie, in standard deviations; what lies further out counts as this.
 * Measured in docs/experiments.md: less cuts off the few units that are often far out, more is coarser for all others.
 */
const RANGE = 8;

/**
 * The decode graph with weights and activations of one byte: `buildDecodeGraph` with the same inputs and outputs, its weights
 * within the model. Embeddings have a scale per feature, weights one per column, activations one that never changes; the gain
 * of Layer Normalization is part of the weights that follow, so that its results have a known range. All sums are exact, and
 * a row depends on nothing but itself.
 */
export function buildQuantizedDecodeGraph(parameters: Parameters): Uint8Array {
  const { vocabularySize: V, embeddingDim: E, lstmUnits: H, numLayers } = parameters.architecture;
  const graph = new Graph();
  const vector = (values: Float32Array): Tensor => graph.constant(values, [values.length]);
  const product = (codes: Tensor, weights: Float32Array, bias: Float32Array): Tensor => {
    const quantized = quantizeColumns(weights, bias.length, LARGEST_WEIGHT_CODE);
    const right = graph.constant(quantized.codes, [weights.length / bias.length, bias.length]);
    const columnScales = vector(quantized.scales);
    return op.quantizedMatMul(codes, right, { leftScale: ACTIVATION_SCALE, columnScales, plus: vector(bias) });
  };

  const embedding = quantizeColumns(parameters.view('embedding.weight'), E, LARGEST_ACTIVATION_CODE);
  const table = graph.constant(
    Uint8Array.from(embedding.codes, (code) => code + ZERO_CODE),
    [V, E],
  );
  const toRange = graph.constant(new Float32Array(H).fill(1 / RANGE), [H]);
  const none = graph.constant(new Float32Array(H), [H]);

  let x = op.gatherRows(table, graph.input('ids', [1, 'B'], 'int64')); // [1, B, E] codes
  let reading: Reading = { unit: (k) => embedding.scales[k]! * LARGEST_ACTIVATION_CODE, offset: new Float32Array(E) };
  for (let layer = 0; layer < numLayers; layer++) {
    const names = stateNames(layer);
    const hidden = graph.input(names.hidden, [1, 'B', H]);
    const codes =
      layer === 0
        ? op.concat([x, op.quantize(hidden, ACTIVATION_SCALE)], 2) // [1, B, E + H]
        : op.quantize(op.concat([x, hidden], 2), ACTIVATION_SCALE); // [1, B, 2H]
    const input = readBy(reading, parameters.view(`lstm.${layer}.input`), parameters.view(`lstm.${layer}.bias`));
    const activations = product(codes, stack(input.weights, parameters.view(`lstm.${layer}.recurrent`)), input.bias);
    const next = op.lstmCell(activations, graph.input(names.cell, [1, 'B', H]));
    graph.output(`next_${names.hidden}`, next.hidden);
    graph.output(`next_${names.cell}`, next.cell);
    x = op.layerNormalization(next.hidden, toRange, none); // [1, B, H], within -1 and 1 but for outliers
    const gain = parameters.view(`norm.${layer}.gain`);
    reading = { unit: (k) => gain[k]! * RANGE, offset: parameters.view(`norm.${layer}.bias`) };
  }
  const output = readBy(reading, parameters.view('output.weight'), parameters.view('output.bias'));
  output.bias[0] = output.bias[0]! + NEVER;
  const logits = product(op.quantize(op.flattenSteps(x), ACTIVATION_SCALE), output.weights, output.bias); // [B, V]
  graph.output('logits', logits);
  graph.output('probabilities', op.softmax(op.multiply(logits, graph.input('inverse_temperature', ['B', 1]))));
  return graph.encode();
}

/** How activations stand for what the weights were trained on: value[k] = activation[k] * unit(k) + offset[k]. */
interface Reading {
  readonly unit: (k: number) => number;
  readonly offset: Float32Array;
}

/** Weights [K, N] and bias [N] that give for the activations what those given would for the values. */
function readBy(
  { unit, offset }: Reading,
  weights: Float32Array,
  bias: Float32Array,
): { weights: Float32Array; bias: Float32Array } {
  const columns = bias.length;
  const shift = multiplyRow(offset, weights, columns);
  return { weights: scaleRows(weights, columns, unit), bias: bias.map((value, n) => value + shift[n]!) };
}

/** Two matrices of the same columns, one above the other. */
function stack(above: Float32Array, below: Float32Array): Float32Array {
  const rows = new Float32Array(above.length + below.length);
  rows.set(above);
  rows.set(below, above.length);
  return rows;
}
