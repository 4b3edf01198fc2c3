import { broadcastShapes, sameShape, type Shape } from '../dimension.js';
import type { Tensor } from '../graph.js';
import { reduceSum, reshape } from './shape.js';

type Operand = Tensor | number;

function lift(left: Operand, right: Operand): [Tensor, Tensor] {
  if (typeof left !== 'number') return [left, typeof right === 'number' ? left.graph.scalar(right) : right];
  if (typeof right !== 'number') return [right.graph.scalar(left), right];
  throw new TypeError('An element-wise operator needs at least one tensor.');
}

/** Sums a gradient over the axes along which its operand was broadcast. */
function sumTo(gradient: Tensor, shape: Shape): Tensor {
  if (sameShape(gradient.shape, shape)) return gradient;
  const lead = gradient.shape.length - shape.length;
  const axes = gradient.shape.flatMap((size, axis) =>
    axis < lead || (shape[axis - lead] === 1 && size !== 1) ? [axis] : [],
  );
  return reshape(reduceSum(gradient, axes), shape);
}

function binary(operator: string, left: Operand, right: Operand): [Tensor, Tensor, Tensor] {
  const [a, b] = lift(left, right);
  const shape = broadcastShapes(operator, a.shape, b.shape);
  const [y] = a.graph.emit(operator, [a, b], [{ type: a.type, shape }]);
  return [a, b, y!];
}

/** a + b, broadcast. */
export function add(left: Operand, right: Operand): Tensor {
  const [a, b, y] = binary('Add', left, right);
  y.graph.record([a, b], [y], ([dy]) => [sumTo(dy!, a.shape), sumTo(dy!, b.shape)]);
  return y;
}

/** a - b, broadcast. */
export function subtract(left: Operand, right: Operand): Tensor {
  const [a, b, y] = binary('Sub', left, right);
  y.graph.record([a, b], [y], ([dy]) => [sumTo(dy!, a.shape), sumTo(negate(dy!), b.shape)]);
  return y;
}

/** a * b, element by element, broadcast. */
export function multiply(left: Operand, right: Operand): Tensor {
  const [a, b, y] = binary('Mul', left, right);
  y.graph.record([a, b], [y], ([dy]) => [sumTo(multiply(dy!, b), a.shape), sumTo(multiply(dy!, a), b.shape)]);
  return y;
}

/** a / b, element by element, broadcast. */
export function divide(left: Operand, right: Operand): Tensor {
  const [a, b, y] = binary('Div', left, right);
  y.graph.record([a, b], [y], ([dy]) => {
    const da = divide(dy!, b);
    return [sumTo(da, a.shape), sumTo(negate(multiply(da, y)), b.shape)];
  });
  return y;
}

function unary(operator: string, x: Tensor, gradient: (dy: Tensor, y: Tensor) => Tensor): Tensor {
  const [y] = x.graph.emit(operator, [x], [x]);
  x.graph.record([x], [y!], ([dy]) => [gradient(dy!, y!)]);
  return y!;
}

/** -x. */
export function negate(x: Tensor): Tensor {
  return unary('Neg', x, negate);
}

/** 1 / (1 + exp(-x)). */
export function sigmoid(x: Tensor): Tensor {
  return unary('Sigmoid', x, (dy, y) => multiply(dy, multiply(y, subtract(1, y))));
}

/** Hyperbolic tangent. */
export function tanh(x: Tensor): Tensor {
  return unary('Tanh', x, (dy, y) => multiply(dy, subtract(1, multiply(y, y))));
}

/** e to the x. */
export function exp(x: Tensor): Tensor {
  return unary('Exp', x, (dy, y) => multiply(dy, y));
}

/** Natural logarithm. */
export function log(x: Tensor): Tensor {
  return unary('Log', x, (dy) => divide(dy, x));
}

/** Square root. */
export function sqrt(x: Tensor): Tensor {
  return unary('Sqrt', x, (dy, y) => divide(multiply(dy, 0.5), y));
}

/** The larger of x and a lower bound, element by element; the gradient passes where x is the larger. */
export function atLeast(x: Tensor, bound: number): Tensor {
  const [y] = x.graph.emit('Max', [x, x.graph.scalar(bound)], [x]);
  x.graph.record([x], [y!], ([dy]) => {
    const [above] = x.graph.emit('Greater', [x, x.graph.scalar(bound)], [{ type: 'bool', shape: x.shape }]);
    const [mask] = x.graph.emit('Cast', [above!], [x], { to: 1 });
    return [multiply(dy!, mask!)];
  });
  return y!;
}
