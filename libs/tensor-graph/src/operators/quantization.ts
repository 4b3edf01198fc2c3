import { CodedError } from '#errors';
import { formatShape, sameShape, shapeMismatch } from '../dimension.js';
import type { Tensor } from '../graph.js';

/** The code of an activation that stands for 0: unsigned codes beside signed weights are what processors multiply fastest. */
export const ZERO_CODE = 128;

/**
 * Numbers as codes of one byte: `128 + round(x / scale)`, at least 0 and at most 255. The scale is fixed, so that a row's codes
 * depend on nothing else in its batch. x [...] float32 -> [...] uint8. Not differentiable.
 */
export function quantize(x: Tensor, scale: number): Tensor {
  const { graph, shape } = x;
  const zero = graph.constant(Uint8Array.of(ZERO_CODE), []);
  return graph.emit('QuantizeLinear', [x, graph.scalar(scale), zero], [{ type: 'uint8', shape }])[0]!;
}

/** The scales of a quantised product. */
export interface QuantizedMatMulOptions {
  /** Of the codes on the left. */
  readonly leftScale: number;
  /** [N], of each column of weights. */
  readonly columnScales: Tensor;
  /** [N], added to the product. */
  readonly plus: Tensor;
}

/**
 * Product of codes and weights of one byte each, added up in whole numbers and then scaled:
 * `leftScale * columnScales[n] * sum_k (left[..., k] - 128) * right[k, n] + plus[n]`.
 * left [..., K] uint8 from `quantize`, right [K, N] int8 -> [..., N] float32. Not differentiable.
 * @see https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.MatMulIntegerToFloat
 */
export function quantizedMatMul(left: Tensor, right: Tensor, options: QuantizedMatMulOptions): Tensor {
  const { leftScale, columnScales, plus } = options;
  const { graph } = left;
  const [inner, columns] = right.shape;
  if (left.type !== 'uint8' || right.type !== 'int8' || right.shape.length !== 2) {
    throw new CodedError(
      'graph_shape_mismatch',
      `QuantizedMatMul: needs uint8 [..., K] and int8 [K, N], not ${left.type} ${formatShape(left.shape)} and ${right.type} ${formatShape(right.shape)}.`,
    );
  }
  if (left.shape.at(-1) !== inner) {
    throw shapeMismatch('QuantizedMatMul', left.shape, right.shape, 'inner sizes must be equal');
  }
  for (const vector of [columnScales, plus]) {
    if (!sameShape(vector.shape, [columns!])) {
      throw shapeMismatch(
        'QuantizedMatMul',
        right.shape,
        vector.shape,
        'scales and bias must have one number per column',
      );
    }
  }
  const zero = graph.constant(Uint8Array.of(ZERO_CODE), []);
  const inputs = [left, right, graph.scalar(leftScale), columnScales, zero, null, plus];
  const spec = { type: 'float32' as const, shape: left.shape.with(-1, columns!) };
  return graph.emit('MatMulIntegerToFloat', inputs, [spec], {}, 'com.microsoft')[0]!;
}
