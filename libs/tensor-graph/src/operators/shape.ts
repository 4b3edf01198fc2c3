import { CodedError } from '#errors';
import {
  addDimensions,
  countElements,
  divideDimension,
  formatShape,
  multiplyDimensions,
  sameShape,
  shapeMismatch,
  type Dimension,
  type Shape,
} from '../dimension.js';
import type { Tensor } from '../graph.js';

/** The same elements under another shape. At most one axis of the new shape may be symbolic. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  if (countElements(x.shape) !== countElements(shape)) {
    throw shapeMismatch('Reshape', x.shape, shape, 'they must have the same number of elements');
  }
  if (shape.filter((size) => typeof size === 'string').length > 1) {
    throw shapeMismatch('Reshape', x.shape, shape, 'at most one axis of the new shape may be symbolic');
  }
  const sizes = x.graph.integers(shape.map((size) => (typeof size === 'number' ? size : -1)));
  const [y] = x.graph.emit('Reshape', [x, sizes], [{ type: x.type, shape }]);
  x.graph.record([x], [y!], ([dy]) => [reshape(dy!, x.shape)]);
  return y!;
}

/** Time-major sequences as rows: [T, B, X] -> [T*B, X]. */
export function flattenSteps(x: Tensor): Tensor {
  const [steps, batch, width] = x.shape;
  if (x.shape.length !== 3) throw shapeMismatch('FlattenSteps', x.shape, [], 'x must be [T, B, X]');
  return reshape(x, [multiplyDimensions(steps!, batch!), width!]);
}

/** Axes in another order: axis i of the result is axis `order[i]` of x. */
export function transpose(x: Tensor, order: readonly number[]): Tensor {
  if ([...order].sort((a, b) => a - b).join() !== x.shape.map((_, axis) => axis).join()) {
    throw new CodedError(
      'graph_shape_mismatch',
      `Transpose: [${order.join(', ')}] is no order of the axes of ${formatShape(x.shape)}.`,
    );
  }
  const shape = order.map((axis) => x.shape[axis]!);
  const [y] = x.graph.emit('Transpose', [x], [{ type: x.type, shape }], { perm: order });
  const inverse = order.map((_, axis) => order.indexOf(axis));
  x.graph.record([x], [y!], ([dy]) => [transpose(dy!, inverse)]);
  return y!;
}

/** Tensors one after the other along an axis; all other axes are equal. */
export function concat(parts: readonly Tensor[], axis: number): Tensor {
  const first = parts[0];
  if (!first) throw new CodedError('graph_shape_mismatch', 'Concat: no tensors were given.');
  checkAxes('Concat', first.shape, [axis]);
  let size: Dimension | undefined;
  for (const part of parts) {
    const fits =
      part.shape.length === first.shape.length && part.shape.every((d, i) => i === axis || d === first.shape[i]);
    if (!fits) throw shapeMismatch('Concat', first.shape, part.shape, `all axes but axis ${axis} must be equal`);
    size = size === undefined ? part.shape[axis]! : addDimensions(size, part.shape[axis]!);
  }
  if (parts.length === 1) return first;
  const shape = first.shape.with(axis, size!);
  const [y] = first.graph.emit('Concat', parts, [{ type: first.type, shape }], { axis });
  first.graph.record(parts, [y!], ([dy]) => {
    const sizes = parts.map((part) => part.shape[axis]!);
    if (sizes.every((s) => s === sizes[0])) return split(dy!, axis, parts.length);
    let start = 0;
    return sizes.map((s) => {
      if (typeof s !== 'number')
        throw shapeMismatch('Concat', first.shape, shape, 'parts of unequal symbolic size have no gradient');
      start += s;
      return slice(dy!, axis, start - s, start);
    });
  });
  return y!;
}

/** Equal parts of a tensor along an axis, which may be symbolic if its factor divides. */
export function split(x: Tensor, axis: number, parts: number): Tensor[] {
  checkAxes('Split', x.shape, [axis]);
  if (parts === 1) return [x];
  const shape = x.shape.with(axis, divideDimension(x.shape[axis]!, parts));
  const specs = Array.from({ length: parts }, () => ({ type: x.type, shape }));
  const ys =
    parts > x.graph.mostOutputs
      ? x.graph.withoutTape(() => cutOneByOne(x, axis, parts, shape))
      : x.graph.emit('Split', [x], specs, { axis, num_outputs: parts });
  x.graph.record([x], ys, (dys) => {
    const zero = dys.includes(undefined) ? zerosLike(ys[0]!) : undefined;
    return [
      concat(
        dys.map((dy) => dy ?? zero!),
        axis,
      ),
    ];
  });
  return ys;
}

/** The parts of a split by a node each, where one node may not have so many results. */
function cutOneByOne(x: Tensor, axis: number, parts: number, shape: Shape): Tensor[] {
  const stacked = reshape(x, shape.toSpliced(axis, 0, parts));
  return Array.from({ length: parts }, (_, part) => reshape(slice(stacked, axis, part, part + 1), shape));
}

/** Elements `start` (inclusive) to `end` (exclusive) along an axis of fixed size. */
export function slice(x: Tensor, axis: number, start: number, end: number): Tensor {
  const size = x.shape[axis];
  if (typeof size !== 'number' || start < 0 || start >= end || end > size) {
    throw new CodedError(
      'graph_shape_mismatch',
      `Slice: ${start} to ${end} does not lie within axis ${axis} of ${formatShape(x.shape)}.`,
    );
  }
  const { graph } = x;
  const shape = x.shape.with(axis, end - start);
  const bounds = [graph.integers([start]), graph.integers([end]), graph.integers([axis])];
  const [y] = graph.emit('Slice', [x, ...bounds], [{ type: x.type, shape }]);
  graph.record([x], [y!], ([dy]) => {
    const pads = x.shape
      .flatMap((_, i) => (i === axis ? [start] : [0]))
      .concat(x.shape.flatMap((_, i) => (i === axis ? [size - end] : [0])));
    return graph.emit('Pad', [dy!, graph.integers(pads)], [{ type: x.type, shape: x.shape }]);
  });
  return y!;
}

/** Sums over axes, which stay as size 1 when asked. */
export function reduceSum(x: Tensor, axes: readonly number[], keep = false): Tensor {
  checkAxes('ReduceSum', x.shape, axes);
  return reduce('ReduceSum', x, axes, keep);
}

/** Arithmetic mean over axes of fixed size, which stay as size 1 when asked. */
export function reduceMean(x: Tensor, axes: readonly number[], keep = false): Tensor {
  checkAxes('ReduceMean', x.shape, axes);
  const count = countElements(axes.map((axis) => x.shape[axis]!));
  if (typeof count !== 'number') {
    throw new CodedError(
      'graph_shape_mismatch',
      `ReduceMean: axes [${axes.join(', ')}] of ${formatShape(x.shape)} have no fixed size.`,
    );
  }
  return reduce('ReduceMean', x, axes, keep, 1 / count);
}

function reduce(operator: string, x: Tensor, axes: readonly number[], keep: boolean, weight = 1): Tensor {
  if (axes.length === 0) return x; // to ONNX an empty list means all axes
  const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const shape = keep ? kept : x.shape.filter((_, axis) => !axes.includes(axis));
  const attributes = { keepdims: keep ? 1 : 0 };
  const [y] = x.graph.emit(operator, [x, x.graph.integers(axes)], [{ type: x.type, shape }], attributes);
  x.graph.record([x], [y!], ([dy]) => {
    const zero = zerosLike(x);
    const scaled = weight === 1 ? dy! : x.graph.emit('Mul', [dy!, x.graph.scalar(weight)], [dy!])[0]!;
    return x.graph.emit('Add', [zero, reshape(scaled, kept)], [x]);
  });
  return y!;
}

function checkAxes(operator: string, shape: Shape, axes: readonly number[]): void {
  const wrong = axes.find((axis) => !(axis in shape));
  if (wrong !== undefined)
    throw new CodedError('graph_shape_mismatch', `${operator}: ${formatShape(shape)} has no axis ${wrong}.`);
}

/** Zeros in the shape of a tensor whose batch size is known only when the graph runs. */
function zerosLike(x: Tensor): Tensor {
  return fillLike(x, 0);
}

/** A tensor of one repeated number in the shape of another. */
export function fillLike(x: Tensor, value: number): Tensor {
  const { graph } = x;
  if (x.shape.length === 0) return graph.scalar(value);
  const [sizes] = graph.emit('Shape', [x], [{ type: 'int64', shape: [x.shape.length] }]);
  return graph.emit('Expand', [graph.scalar(value), sizes!], [{ type: 'float32', shape: x.shape }])[0]!;
}
