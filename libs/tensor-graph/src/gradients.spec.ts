import { describe, expect, it } from 'vitest';
import { Graph, type Tensor } from './graph.js';
import type { Shape } from './dimension.js';
import { gradients } from './gradients.js';
import * as op from './operators/index.js';
import { GraphSession, float32Tensor, int64Tensor, type Device, type HostTensor } from './session.js';

/** What the symbolic axis is bound to when a case runs. */
const B = 3;
/** Step of the central difference: its error (h^2) and the rounding of float32 outputs (6e-8 / h) are both near 1e-5. */
const STEP = 1e-2;
/** Largest difference allowed, relative to the largest element of the gradient. */
const TOLERANCE = 1e-3;

interface Case {
  readonly name: string;
  /** Shapes of the float32 inputs to differentiate by. */
  readonly inputs: readonly Shape[];
  /** Range of the inputs' values; -1 to 1 when left out. */
  readonly range?: readonly [number, number];
  readonly ids?: { readonly shape: Shape; readonly values: readonly number[] };
  /** Whose limits the graph keeps; it is computed on the processor all the same. */
  readonly device?: Device;
  readonly build: (inputs: Tensor[], ids: Tensor) => Tensor | Tensor[];
}

function unary(apply: (x: Tensor) => Tensor, range: readonly [number, number] = [-1, 1]): Case[] {
  return [{ name: 'of a matrix', inputs: [['B', 4]], range, build: ([x]) => apply(x!) }];
}

function binary(
  apply: (a: Tensor | number, b: Tensor | number) => Tensor,
  range: readonly [number, number] = [-1, 1],
): Case[] {
  const shapes: [string, Shape, Shape][] = [
    ['equal shapes', ['B', 4], ['B', 4]],
    ['a row', ['B', 4], [4]],
    ['a row on the left', [4], ['B', 4]],
    ['a column', ['B', 4], ['B', 1]],
    ['both spread', ['B', 1], [1, 4]],
    ['a scalar', ['B', 4], []],
    ['a row of ones beside three axes', [2, 'B', 4], [1, 'B', 1]],
  ];
  return [
    ...shapes.map(([name, left, right]): Case => ({
      name,
      inputs: [left, right],
      range,
      build: ([a, b]) => apply(a!, b!),
    })),
    { name: 'a number on the right', inputs: [['B', 2]], range, build: ([x]) => apply(x!, 0.7) },
    { name: 'a number on the left', inputs: [['B', 2]], range, build: ([x]) => apply(0.7, x!) },
    { name: 'a tensor with itself', inputs: [['B', 2]], range, build: ([x]) => apply(x!, x!) },
  ];
}

function products(): Case[] {
  const flags = [false, true];
  const pluses: [string, Shape | undefined][] = [
    ['nothing', undefined],
    ['a row', [5]],
    ['a matrix', ['B', 5]],
  ];
  return flags.flatMap((transposeLeft) =>
    flags.flatMap((transposeRight) =>
      pluses.map(([what, plus]): Case => ({
        name: `left ${transposeLeft ? 'transposed' : 'plain'}, right ${transposeRight ? 'transposed' : 'plain'}, plus ${what}`,
        inputs: [transposeLeft ? [4, 'B'] : ['B', 4], transposeRight ? [5, 4] : [4, 5], ...(plus ? [plus] : [])],
        build: ([a, b, c]) => op.matMul(a!, b!, { transposeLeft, transposeRight, ...(c && { plus: c }) }),
      })),
    ),
  );
}

type LstmParts = ReturnType<typeof op.lstm>;

function lstmCase(name: string, steps: number, pick: (parts: LstmParts) => Tensor[]): Case {
  const inputs: Shape[] = [[steps, 'B', 2], [2, 16], [4, 16], [16], ['B', 4], ['B', 4]];
  return {
    name,
    inputs,
    build: ([x, input, recurrent, bias, hidden, cell]) =>
      pick(op.lstm(x!, { input: input!, recurrent: recurrent!, bias: bias! }, { hidden: hidden!, cell: cell! })),
  };
}

const PAIRS: Shape = ['B', 2];

const CASES: Readonly<Record<string, readonly Case[]>> = {
  add: binary(op.add),
  subtract: binary(op.subtract),
  multiply: binary(op.multiply),
  divide: binary(op.divide, [0.5, 2]),
  negate: unary(op.negate),
  sigmoid: unary(op.sigmoid, [-3, 3]),
  tanh: unary(op.tanh, [-2, 2]),
  exp: unary(op.exp),
  log: unary(op.log, [0.5, 2]),
  sqrt: unary(op.sqrt, [0.5, 2]),
  atLeast: [
    { name: 'where x is the larger', inputs: [['B', 4]], range: [0.2, 1], build: ([x]) => op.atLeast(x!, 0.1) },
    {
      name: 'where the bound is the larger',
      inputs: [['B', 4]],
      range: [0.2, 1],
      build: ([x]) => op.add(x!, op.atLeast(x!, 1.1)),
    },
  ],
  concat: [
    { name: 'equal parts', inputs: [PAIRS, PAIRS], build: (parts) => op.concat(parts, 1) },
    { name: 'unequal parts', inputs: [PAIRS, ['B', 3], ['B', 1]], build: (parts) => op.concat(parts, 1) },
    { name: 'along a symbolic axis', inputs: [PAIRS, PAIRS], build: (parts) => op.concat(parts, 0) },
    { name: 'of one tensor twice', inputs: [['B', 2]], build: ([x]) => op.concat([x!, x!], 1) },
    { name: 'of one part', inputs: [['B', 2]], build: ([x]) => op.concat([x!], 1) },
  ],
  split: [
    { name: 'all parts used', inputs: [['B', 6]], build: ([x]) => op.split(x!, 1, 3) },
    { name: 'one part used', inputs: [['B', 6]], build: ([x]) => op.split(x!, 1, 3)[1]! },
    { name: 'along an axis that is partly symbolic', inputs: [['2*B', 2]], build: ([x]) => op.split(x!, 0, 2)[0]! },
    { name: 'one part', inputs: [['B', 6]], build: ([x]) => op.split(x!, 1, 1) },
    {
      name: 'into more parts than a node may have results',
      device: 'webgpu',
      inputs: [['11*B', 2]],
      build: ([x]) => op.split(x!, 0, 11).slice(3, 10),
    },
  ],
  slice: [
    { name: 'in the middle', inputs: [['B', 5]], build: ([x]) => op.slice(x!, 1, 1, 3) },
    { name: 'at the beginning of the first axis', inputs: [[4, 'B', 2]], build: ([x]) => op.slice(x!, 0, 0, 3) },
    { name: 'at the end', inputs: [['B', 5]], build: ([x]) => op.slice(x!, 1, 4, 5) },
  ],
  reshape: [
    { name: 'axes joined', inputs: [[2, 'B', 3]], build: ([x]) => op.reshape(x!, ['2*B', 3]) },
    { name: 'axes added', inputs: [['B', 6]], build: ([x]) => op.reshape(x!, [1, 'B', 2, 3]) },
    { name: 'the same shape', inputs: [['B', 6]], build: ([x]) => op.reshape(x!, ['B', 6]) },
  ],
  flattenSteps: [{ name: 'time and batch joined', inputs: [[2, 'B', 3]], build: ([x]) => op.flattenSteps(x!) }],
  transpose: [
    { name: 'of a matrix', inputs: [['B', 4]], build: ([x]) => op.transpose(x!, [1, 0]) },
    { name: 'that is not its own inverse', inputs: [[2, 'B', 4]], build: ([x]) => op.transpose(x!, [1, 2, 0]) },
  ],
  reduceSum: [
    { name: 'first axis', inputs: [['B', 4]], build: ([x]) => op.reduceSum(x!, [0]) },
    { name: 'last axis, kept', inputs: [['B', 4]], build: ([x]) => op.reduceSum(x!, [1], true) },
    { name: 'two of three axes', inputs: [[2, 'B', 3]], build: ([x]) => op.reduceSum(x!, [0, 2]) },
    { name: 'all axes', inputs: [[2, 'B']], build: ([x]) => op.reduceSum(x!, [0, 1]) },
    { name: 'no axis', inputs: [['B', 4]], build: ([x]) => op.reduceSum(x!, []) },
  ],
  reduceMean: [
    { name: 'last axis', inputs: [['B', 4]], build: ([x]) => op.reduceMean(x!, [1]) },
    { name: 'two axes, kept', inputs: [[2, 'B', 3]], build: ([x]) => op.reduceMean(x!, [0, 2], true) },
  ],
  matMul: [...products(), { name: 'of a tensor with itself', inputs: [[3, 3]], build: ([x]) => op.matMul(x!, x!) }],
  gatherRows: [
    {
      name: 'repeated ids, some rows unread',
      inputs: [[5, 2]],
      ids: { shape: [2, 'B'], values: [1, 4, 1, 1, 0, 4] },
      build: ([table], ids) => op.gatherRows(table!, ids),
    },
  ],
  softmax: [
    { name: 'of a matrix', inputs: [['B', 5]], range: [-2, 2], build: ([x]) => op.softmax(x!) },
    { name: 'of three axes', inputs: [[2, 'B', 3]], range: [-2, 2], build: ([x]) => op.softmax(x!) },
  ],
  layerNormalization: [
    {
      name: 'of a matrix',
      inputs: [['B', 5], [5], [5]],
      build: ([x, gain, bias]) => op.layerNormalization(x!, gain!, bias!),
    },
    {
      name: 'of three axes',
      inputs: [[2, 'B', 4], [4], [4]],
      build: ([x, gain, bias]) => op.layerNormalization(x!, gain!, bias!),
    },
    {
      name: 'of a vector',
      inputs: [[5], [5], [5]],
      build: ([x, gain, bias]) => op.layerNormalization(x!, gain!, bias!),
    },
  ],
  lstm: [
    lstmCase('gradients through the whole sequence', 4, ({ sequence }) => [sequence]),
    lstmCase('gradients through the last hidden state', 3, ({ state }) => [state.hidden]),
    lstmCase('gradients through the last cell state', 3, ({ state }) => [state.cell]),
    lstmCase('gradients through both last states', 3, ({ state }) => [state.hidden, state.cell]),
    lstmCase('gradients through sequence and last states', 3, ({ sequence, state }) => [
      sequence,
      state.hidden,
      state.cell,
    ]),
    lstmCase('one step', 1, ({ sequence, state }) => [sequence, state.cell]),
  ],
  linearCrossEntropy: [
    {
      name: 'repeated targets',
      inputs: [['2*B', 4], [4, 5], [5]],
      ids: { shape: ['2*B'], values: [0, 4, 2, 2, 1, 4] },
      build: ([hidden, weight, bias], ids) => op.linearCrossEntropy(hidden!, weight!, bias!, ids).losses,
    },
  ],
};

const NOT_DIFFERENTIABLE = ['pickFromRows', 'rankOf', 'fusedLstm', 'lstmCell', 'quantize', 'quantizedMatMul'];

describe('gradients', () => {
  it('are checked for every operator that is not declared to have none', () => {
    expect([...Object.keys(CASES), ...NOT_DIFFERENTIABLE].sort()).toEqual(Object.keys(op).sort());
  });

  const cases = Object.entries(CASES).flatMap(([operator, variants]) =>
    variants.map((variant) => ({ operator, variant })),
  );
  it.each(cases.map(({ operator, variant }) => [operator, variant.name, variant] as const))(
    'of %s (%s) are those of finite differences',
    async (_operator, _name, variant) => {
      const { computed, differences } = await compare(variant);
      computed.forEach((gradient, index) => {
        const expected = differences[index]!;
        const largest = Math.max(1e-3, ...expected.map(Math.abs));
        gradient.forEach((value, element) => {
          const error = Math.abs(value - expected[element]!) / largest;
          expect(
            error,
            `input ${index}, element ${element}: ${value}, by differences ${expected[element]!}`,
          ).toBeLessThan(TOLERANCE);
        });
      });
    },
  );

  it('are those of the sum when the result has several elements', async () => {
    const graph = new Graph();
    const x = graph.input('x', [3]);
    const [dx] = gradients(op.multiply(x, x), [x]);
    graph.output('dx', dx!);
    const session = await GraphSession.create(graph.encode(), { threads: 1 });
    const results = await session.run({ x: float32Tensor(Float32Array.of(1, -2, 3), [3]) });
    await session.dispose();
    expect([...(results['dx']!.data as Float32Array)]).toEqual([2, -4, 6]);
  });

  it.each(NOT_DIFFERENTIABLE)('of %s are refused, not zero', (name) => {
    const graph = new Graph();
    const x = graph.input('x', ['B', 4]);
    const ids = graph.input('ids', ['B'], 'int64');
    const hidden = graph.input('hidden', [1, 'B', 4]);
    const zeros = (...shape: number[]): Tensor =>
      graph.constant(new Float32Array(shape.reduce((a, b) => a * b)), shape);
    const results: Record<string, () => Tensor> = {
      pickFromRows: () => op.pickFromRows(x, ids),
      rankOf: () => op.rankOf(x, ids),
      fusedLstm: () => {
        const weights = { input: zeros(4, 16), recurrent: zeros(4, 16), bias: zeros(16) };
        return op.fusedLstm(op.reshape(x, [1, 'B', 4]), weights, { hidden, cell: hidden }).sequence;
      },
      lstmCell: () => op.lstmCell(op.concat([x, x, x, x], 1), x).hidden,
      quantize: () => op.quantize(x, 1),
      quantizedMatMul: () =>
        op.quantizedMatMul(op.quantize(x, 1), graph.constant(new Int8Array(12), [4, 3]), {
          leftScale: 1,
          columnScales: zeros(3),
          plus: zeros(3),
        }),
    };
    expect(() => gradients(results[name]!(), [x])).toThrow(/does not depend on "x"/);
  });
});

/** Gradients of a random projection of a case's outputs: by the graph, and by central differences of its outputs. */
async function compare(variant: Case): Promise<{ computed: number[][]; differences: number[][] }> {
  const random = generator(7);
  const [low, high] = variant.range ?? [-1, 1];
  const graph = new Graph(variant.device);
  const inputs = variant.inputs.map((shape, index) => graph.input(`x${index}`, shape));
  const ids = graph.input('ids', variant.ids?.shape ?? [1], 'int64');
  const built = variant.build(inputs, ids);
  const outputs = Array.isArray(built) ? built : [built];
  const weights = outputs.map((output, index) => graph.input(`weight${index}`, output.shape));
  const sums = outputs.map((output, index) => {
    const product = op.multiply(output, weights[index]!);
    return output.shape.length === 0
      ? product
      : op.reduceSum(
          product,
          output.shape.map((_, axis) => axis),
        );
  });
  gradients(
    sums.reduce((a, b) => op.add(a, b)),
    inputs,
  ).forEach((gradient, index) => graph.output(`gradient${index}`, gradient));
  outputs.forEach((output, index) => graph.output(`y${index}`, output));

  const fill = (tensor: Tensor, from: number, to: number): HostTensor => {
    const shape = bind(tensor.shape);
    const size = shape.reduce((a, b) => a * b, 1);
    return float32Tensor(
      Float32Array.from({ length: size }, () => from + (to - from) * random()),
      shape,
    );
  };
  const feeds: Record<string, HostTensor> = {};
  for (const input of inputs) feeds[input.name] = fill(input, low, high);
  for (const weight of weights) feeds[weight.name] = fill(weight, -1, 1);
  if (variant.ids) feeds['ids'] = int64Tensor(BigInt64Array.from(variant.ids.values, BigInt), bind(variant.ids.shape));

  const session = await GraphSession.create(graph.encode(), { threads: 1 });
  const project = async (): Promise<number> => {
    const results = await session.run(feeds);
    let sum = 0;
    outputs.forEach((_, index) => {
      const weight = feeds[`weight${index}`]!.data as Float32Array;
      (results[`y${index}`]!.data as Float32Array).forEach((value, element) => (sum += value * weight[element]!));
    });
    return sum;
  };
  const results = await session.run(feeds);
  const computed = inputs.map((_, index) => [...(results[`gradient${index}`]!.data as Float32Array)]);
  const differences: number[][] = [];
  for (const input of inputs) {
    const values = feeds[input.name]!.data as Float32Array;
    const slopes: number[] = [];
    for (let i = 0; i < values.length; i++) {
      const [before, above, below] = [values[i]!, Math.fround(values[i]! + STEP), Math.fround(values[i]! - STEP)];
      values[i] = above;
      const right = await project();
      values[i] = below;
      const left = await project();
      values[i] = before;
      slopes.push((right - left) / (above - below));
    }
    differences.push(slopes);
  }
  await session.dispose();
  return { computed, differences };
}

/** A shape with numbers for its symbols. */
function bind(shape: Shape): number[] {
  return shape.map((size) => (typeof size === 'number' ? size : Number(/^(\d+)\*/.exec(size)?.[1] ?? 1) * B));
}

/** Numbers in [0, 1) that look random and are the same in each run. */
function generator(seed: number): () => number {
  let count = seed;
  return () => Math.abs(Math.sin(++count * 12.9898) * 43758.5453) % 1;
}
