import { CodedError } from '#errors';

/**
 * Size of one axis: a number, a symbol bound when the graph runs (`'B'`), or a product of both (`'50*B'`, `'T*B'`).
 * Products are all that the graphs need: axes are batches, time steps, or time steps times batches.
 */
export type Dimension = number | string;

/** Sizes of all axes, outermost first. `[]` is a scalar. */
export type Shape = readonly Dimension[];

interface Monomial {
  factor: number;
  symbol: string;
}

function parse(dimension: Dimension): Monomial {
  if (typeof dimension === 'number') return { factor: dimension, symbol: '' };
  const [, factor, symbol] = /^(?:(\d+)\*)?(.*)$/.exec(dimension)!;
  return { factor: Number(factor ?? 1), symbol: symbol! };
}

function format({ factor, symbol }: Monomial): Dimension {
  if (symbol === '') return factor;
  return factor === 1 ? symbol : `${factor}*${symbol}`;
}

/** `[50, B, 256]`, as it stands in error messages. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** Product of two axis sizes. */
export function multiplyDimensions(left: Dimension, right: Dimension): Dimension {
  const a = parse(left);
  const b = parse(right);
  return format({ factor: a.factor * b.factor, symbol: [a.symbol, b.symbol].filter(Boolean).join('*') });
}

/**
 * Sum of two axis sizes, as concatenation makes it.
 * @throws graph_shape_mismatch when they are bound to different symbols.
 */
export function addDimensions(left: Dimension, right: Dimension): Dimension {
  const a = parse(left);
  const b = parse(right);
  if (a.symbol !== b.symbol) {
    throw new CodedError('graph_shape_mismatch', `Cannot add the axis sizes ${left} and ${right}.`);
  }
  return format({ factor: a.factor + b.factor, symbol: a.symbol });
}

/**
 * An axis size divided into equal parts.
 * @throws graph_shape_mismatch when the parts are not equal.
 */
export function divideDimension(dimension: Dimension, parts: number): Dimension {
  const { factor, symbol } = parse(dimension);
  if (factor % parts !== 0) {
    throw new CodedError(
      'graph_shape_mismatch',
      `Cannot split an axis of size ${dimension} into ${parts} equal parts.`,
    );
  }
  return format({ factor: factor / parts, symbol });
}

/** Number of elements. */
export function countElements(shape: Shape): Dimension {
  return shape.reduce<Dimension>(multiplyDimensions, 1);
}

/** True when both shapes have the same axes. */
export function sameShape(left: Shape, right: Shape): boolean {
  return left.length === right.length && left.every((dimension, axis) => dimension === right[axis]);
}

/**
 * Shape of an element-wise result under NumPy's broadcasting rule.
 * @throws graph_shape_mismatch naming the operator and both shapes.
 */
export function broadcastShapes(operator: string, left: Shape, right: Shape): Shape {
  const rank = Math.max(left.length, right.length);
  const result: Dimension[] = [];
  for (let i = 0; i < rank; i++) {
    const a = left[left.length - rank + i] ?? 1;
    const b = right[right.length - rank + i] ?? 1;
    if (a !== b && a !== 1 && b !== 1) throw shapeMismatch(operator, left, right, 'axes must be equal or 1');
    result.push(a === 1 ? b : a);
  }
  return result;
}

/** The error every operator raises for operands that do not fit, with both shapes. */
export function shapeMismatch(operator: string, left: Shape, right: Shape, rule: string): CodedError {
  return new CodedError(
    'graph_shape_mismatch',
    `${operator}: shapes ${formatShape(left)} and ${formatShape(right)} do not fit: ${rule}.`,
  );
}
