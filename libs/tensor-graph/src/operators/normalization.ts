import { shapeMismatch } from '../dimension.js';
import type { Tensor } from '../graph.js';
import { add, multiply, subtract } from './elementwise.js';
import { reduceMean, reduceSum } from './shape.js';

/** Added to the variance; Keras' default for Layer Normalization. */
const LAYER_NORMALIZATION_EPSILON = 1e-3;

/** Softmax over the last axis, computed from differences to the row's maximum. */
export function softmax(x: Tensor): Tensor {
  const axis = x.shape.length - 1;
  const [y] = x.graph.emit('Softmax', [x], [x], { axis });
  x.graph.record([x], [y!], ([dy]) => [multiply(y!, subtract(dy!, reduceSum(multiply(dy!, y!), [axis], true)))]);
  return y!;
}

/**
 * Layer Normalization over the last axis: `(x - mean) / sqrt(variance + epsilon) * gain + bias`.
 * x [N, H], gain [H], bias [H] -> [N, H].
 * @see https://arxiv.org/abs/1607.06450 equation 4, with the statistics of one layer's output
 */
export function layerNormalization(x: Tensor, gain: Tensor, bias: Tensor): Tensor {
  const axis = x.shape.length - 1;
  for (const vector of [gain, bias]) {
    if (vector.shape.length !== 1 || vector.shape[0] !== x.shape[axis]) {
      throw shapeMismatch('LayerNormalization', x.shape, vector.shape, 'gain and bias must have one number per unit');
    }
  }
  const statistics = { type: x.type, shape: x.shape.with(axis, 1) };
  const [y, mean, inverseDeviation] = x.graph.emit('LayerNormalization', [x, gain, bias], [x, statistics, statistics], {
    axis,
    epsilon: { float: LAYER_NORMALIZATION_EPSILON },
  });
  x.graph.record([x, gain, bias], [y!], ([dy]) => {
    const lead = x.shape.map((_, i) => i).slice(0, -1);
    const normalized = multiply(subtract(x, mean!), inverseDeviation!);
    const dNormalized = multiply(dy!, gain);
    const projection = multiply(normalized, reduceMean(multiply(dNormalized, normalized), [axis], true));
    const centred = subtract(dNormalized, add(reduceMean(dNormalized, [axis], true), projection));
    return [multiply(centred, inverseDeviation!), reduceSum(multiply(dy!, normalized), lead), reduceSum(dy!, lead)];
  });
  return y!;
}
