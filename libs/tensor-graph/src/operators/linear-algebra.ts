import { shapeMismatch } from '../dimension.js';
import type { Tensor } from '../graph.js';
import { reduceSum } from './shape.js';

/** Which operands a product takes transposed, and what it adds. */
export interface MatMulOptions {
  readonly transposeLeft?: boolean;
  readonly transposeRight?: boolean;
  /** Added to the product: [N], one number per column, or [M, N]. */
  readonly plus?: Tensor;
}

/** Product of two matrices, each possibly transposed, plus a bias: [M, K] x [K, N] (+ [N] or [M, N]) -> [M, N]. */
export function matMul(left: Tensor, right: Tensor, options: MatMulOptions = {}): Tensor {
  const { transposeLeft = false, transposeRight = false, plus } = options;
  if (left.shape.length !== 2 || right.shape.length !== 2) {
    throw shapeMismatch('MatMul', left.shape, right.shape, 'both must be matrices');
  }
  const [rows, inner] = transposeLeft ? [left.shape[1]!, left.shape[0]!] : [left.shape[0]!, left.shape[1]!];
  const [otherInner, columns] = transposeRight
    ? [right.shape[1]!, right.shape[0]!]
    : [right.shape[0]!, right.shape[1]!];
  if (inner !== otherInner) {
    throw shapeMismatch('MatMul', left.shape, right.shape, `inner sizes ${inner} and ${otherInner} must be equal`);
  }
  const shape = [rows, columns];
  if (
    plus &&
    (plus.shape.at(-1) !== columns || (plus.shape.length === 2 && plus.shape[0] !== rows) || plus.shape.length > 2)
  ) {
    throw shapeMismatch('MatMul', shape, plus.shape, 'what is added must be one row or the whole product');
  }
  const plain = !transposeLeft && !transposeRight && !plus;
  const attributes = { transA: transposeLeft ? 1 : 0, transB: transposeRight ? 1 : 0 };
  const [y] = plain
    ? left.graph.emit('MatMul', [left, right], [{ type: left.type, shape }])
    : left.graph.emit('Gemm', plus ? [left, right, plus] : [left, right], [{ type: left.type, shape }], attributes);
  left.graph.record(plus ? [left, right, plus] : [left, right], [y!], ([dy]) => {
    // y = op(a) op(b): d op(a) = dy op(b)^T, d op(b) = op(a)^T dy; a transposed operand gets the transposed product.
    const dLeft = transposeLeft
      ? matMul(right, dy!, { transposeLeft: transposeRight, transposeRight: true })
      : matMul(dy!, right, { transposeRight: !transposeRight });
    const dRight = transposeRight
      ? matMul(dy!, left, { transposeLeft: true, transposeRight: transposeLeft })
      : matMul(left, dy!, { transposeLeft: !transposeLeft });
    return plus ? [dLeft, dRight, plus.shape.length === 2 ? dy! : reduceSum(dy!, [0])] : [dLeft, dRight];
  });
  return y!;
}
