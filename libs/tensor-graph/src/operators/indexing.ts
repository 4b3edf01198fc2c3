import { CodedError } from '#errors';
import { countElements, formatShape } from '../dimension.js';
import type { Tensor } from '../graph.js';
import { reshape, fillLike } from './shape.js';

/** Ones in the shape of x. */
export function ones(x: Tensor): Tensor {
  return fillLike(x, 1);
}

/** Rows of a table: `table[ids]`. table [V, E], ids [...] int64 -> [..., E]. */
export function gatherRows(table: Tensor, ids: Tensor): Tensor {
  if (table.shape.length !== 2 || ids.type !== 'int64') {
    throw new CodedError(
      'graph_shape_mismatch',
      `GatherRows: needs a table [V, E] and int64 ids, not ${formatShape(table.shape)} and ${ids.type} ${formatShape(ids.shape)}.`,
    );
  }
  const shape = [...ids.shape, table.shape[1]!];
  const [y] = table.graph.emit('Gather', [table, ids], [{ type: table.type, shape }], { axis: 0 });
  table.graph.record([table, ids], [y!], ([dy]) => [
    scatterAddRows(table.shape as [number, number], ids, dy!),
    undefined,
  ]);
  return y!;
}

/** A table [V, E] of zeros to whose rows `ids` the rows of `updates` [..., E] are added; repeated ids add up. */
function scatterAddRows(tableShape: readonly [number, number], ids: Tensor, updates: Tensor): Tensor {
  const { graph } = ids;
  const width = tableShape[1];
  const rows = countElements(ids.shape);
  const [table] = graph.emit('ConstantOfShape', [graph.integers(tableShape)], [{ type: 'float32', shape: tableShape }]);
  const column = reshape(ids, [rows, 1]);
  // ScatterND was no faster (docs/experiments.md); ScatterElements adds row after row in one thread, so sums are reproducible.
  const [indices] = graph.emit(
    'Expand',
    [column, graph.integers([1, width])],
    [{ type: 'int64', shape: [rows, width] }],
  );
  return graph.emit(
    'ScatterElements',
    [table!, indices!, reshape(updates, [rows, width])],
    [{ type: 'float32', shape: tableShape }],
    { axis: 0, reduction: 'add' },
  )[0]!;
}

/** One element of each row: `x[n, ids[n]]`. x [N, V], ids [N] int64 -> [N]. Not differentiated by itself. */
export function pickFromRows(x: Tensor, ids: Tensor): Tensor {
  const rows = x.shape[0]!;
  const [picked] = x.graph.emit('GatherElements', [x, reshape(ids, [rows, 1])], [{ type: x.type, shape: [rows, 1] }], {
    axis: 1,
  });
  return reshape(picked!, [rows]);
}

/** How many elements of each row exceed the one at `ids[n]`. x [N, V], ids [N] int64 -> [N] float32. Not differentiable. */
export function rankOf(x: Tensor, ids: Tensor): Tensor {
  const rows = x.shape[0]!;
  const [above] = x.graph.emit(
    'Greater',
    [x, reshape(pickFromRows(x, ids), [rows, 1])],
    [{ type: 'bool', shape: x.shape }],
  );
  const [counted] = x.graph.emit('Cast', [above!], [x], { to: 1 });
  return x.graph.emit('ReduceSum', [counted!, x.graph.integers([1])], [{ type: 'float32', shape: [rows] }], {
    keepdims: 0,
  })[0]!;
}
