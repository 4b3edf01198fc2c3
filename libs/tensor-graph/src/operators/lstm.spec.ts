import { describe, expect, it } from 'vitest';
import type { Shape } from '../dimension.js';
import { gradients } from '../gradients.js';
import { Graph, type Tensor } from '../graph.js';
import { GraphSession, float32Tensor } from '../session.js';
import { add, multiply, sigmoid, tanh } from './elementwise.js';
import { matMul } from './linear-algebra.js';
import { fusedLstm, lstm, lstmCell, type LstmState, type LstmWeights } from './lstm.js';
import { concat, reduceSum, reshape, slice } from './shape.js';

const [T, B, E, H] = [5, 3, 4, 6];
const SHAPES: Readonly<Record<string, readonly number[]>> = {
  x: [T, B, E],
  input: [E, 4 * H],
  recurrent: [H, 4 * H],
  bias: [4 * H],
  hidden: [B, H],
  cell: [B, H],
};
const PROJECTIONS: Readonly<Record<string, readonly number[]>> = {
  ofSequence: [T, B, H],
  ofHidden: [B, H],
  ofCell: [B, H],
};

type Layer = (x: Tensor, weights: LstmWeights, initial: LstmState) => { sequence: Tensor; state: LstmState };

/** The equations, one gate at a time, in operators whose gradients are taped. */
const fromPrimitives: Layer = (x, { input, recurrent, bias }, initial) => {
  const activation = (xt: Tensor, hidden: Tensor, gate: number): Tensor => {
    const part = (weights: Tensor, axis: number): Tensor => slice(weights, axis, gate * H, (gate + 1) * H);
    return add(add(matMul(xt, part(input, 1)), matMul(hidden, part(recurrent, 1))), part(bias, 0));
  };
  let { hidden, cell } = initial;
  const sequence: Tensor[] = [];
  for (let t = 0; t < T; t++) {
    const xt = reshape(slice(x, 0, t, t + 1), [B, E]);
    const [i, o, f] = [0, 1, 2].map((gate) => sigmoid(activation(xt, hidden, gate)));
    const candidate = tanh(activation(xt, hidden, 3));
    cell = add(multiply(f!, cell), multiply(i!, candidate));
    hidden = multiply(o!, tanh(cell));
    sequence.push(reshape(hidden, [1, B, H]));
  }
  return { sequence: concat(sequence, 0), state: { hidden, cell } };
};

/** Outputs of a layer and, where it has them, loss (a projection of all outputs) and gradients by every input. */
async function run(layer: Layer, differentiate: boolean): Promise<Record<string, number[]>> {
  const graph = new Graph();
  const tensors = Object.entries({ ...SHAPES, ...PROJECTIONS }).map(([name, shape]) => graph.input(name, shape));
  const [x, input, recurrent, bias, hidden, cell, ofSequence, ofHidden, ofCell] = tensors as [Tensor, ...Tensor[]];
  const weights = { input: input!, recurrent: recurrent!, bias: bias! };
  const { sequence, state } = layer(x, weights, { hidden: hidden!, cell: cell! });
  graph.output('sequence', sequence);
  graph.output('lastHidden', state.hidden);
  graph.output('lastCell', state.cell);
  if (differentiate) {
    const loss = [
      reduceSum(multiply(sequence, ofSequence!), [0, 1, 2]),
      reduceSum(multiply(state.hidden, ofHidden!), [0, 1]),
      reduceSum(multiply(state.cell, ofCell!), [0, 1]),
    ].reduce((a, b) => add(a, b));
    graph.output('loss', loss);
    const names = Object.keys(SHAPES);
    gradients(loss, tensors.slice(0, names.length)).forEach((g, index) =>
      graph.output(`gradient of ${names[index]!}`, g),
    );
  }
  const session = await GraphSession.create(graph.encode(), { threads: 1 });
  const feeds = Object.entries({ ...SHAPES, ...PROJECTIONS }).filter(([name]) => session.inputNames.includes(name));
  const results = await session.run(Object.fromEntries(feeds.map(([name, shape]) => [name, wave(name, shape)])));
  await session.dispose();
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, [...(data as Float32Array)]]));
}

/** Numbers in -1 to 1 without a pattern that the layer could profit from, the same in each run. */
function wave(name: string, shape: readonly number[]) {
  const size = shape.reduce((a, b) => a * b, 1);
  return float32Tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(i * i + 3 * i + name.length)),
    shape,
  );
}

function expectClose(actual: readonly number[], expected: readonly number[], tolerance: number, what: string): void {
  expect(actual.length, what).toBe(expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  actual.forEach((value, i) => {
    expect(
      Math.abs(value - expected[i]!) / largest,
      `${what}, element ${i}: ${value} and ${expected[i]!}`,
    ).toBeLessThan(tolerance);
  });
}

describe('lstm', () => {
  it('is an LSTM written from primitive operators: outputs, loss and every gradient', async () => {
    const [actual, expected] = [await run(lstm, true), await run(fromPrimitives, true)];
    expect(Object.keys(actual)).toEqual(
      expect.arrayContaining(['loss', ...Object.keys(SHAPES).map((name) => `gradient of ${name}`)]),
    );
    for (const [name, values] of Object.entries(expected)) expectClose(actual[name]!, values, 1e-5, name);
  });

  it('gives the same outputs by the fused operator of the runtime', async () => {
    const fused: Layer = (x, weights, { hidden, cell }) => {
      const oneDirection = (state: Tensor): Tensor => reshape(state, [1, ...state.shape]);
      return fusedLstm(x, weights, { hidden: oneDirection(hidden), cell: oneDirection(cell) });
    };
    const [actual, expected] = [await run(fused, false), await run(lstm, false)];
    for (const [name, values] of Object.entries(expected)) expectClose(actual[name]!, values, 1e-6, name);
  });

  it('gives the same outputs step by step, from activations computed elsewhere', async () => {
    const byCells: Layer = (x, { input, recurrent, bias }, initial) => {
      let state = initial;
      const sequence: Tensor[] = [];
      for (let t = 0; t < T; t++) {
        const xt = reshape(slice(x, 0, t, t + 1), [B, E]);
        const activations = add(add(matMul(xt, input), matMul(state.hidden, recurrent)), bias);
        state = lstmCell(activations, state.cell);
        sequence.push(reshape(state.hidden, [1, B, H]));
      }
      return { sequence: concat(sequence, 0), state };
    };
    const [actual, expected] = [await run(byCells, false), await run(lstm, false)];
    for (const [name, values] of Object.entries(expected)) expectClose(actual[name]!, values, 1e-6, name);
  });

  it('has no node per step but the recurrent product and the gates', () => {
    const count = (steps: number): number => {
      const graph = new Graph();
      const weights = {
        input: graph.input('i', [E, 4 * H]),
        recurrent: graph.input('r', [H, 4 * H]),
        bias: graph.input('b', [4 * H]),
      };
      const hidden = graph.input('h', ['B', H]);
      const variables = [weights.input, weights.recurrent, weights.bias];
      const { sequence } = lstm(graph.input('x', [steps, 'B', E]), weights, {
        hidden,
        cell: graph.input('c', ['B', H]),
      });
      gradients(sequence, variables);
      return graph.nodes.length;
    };
    // Forward: product, two splits, two activations, three products, sum, tanh. Backward: product, two products, two sums, concat, product.
    expect(count(9) - count(8)).toBeLessThanOrEqual(17);
  });

  const shapes = {
    x: [T, 'B', E],
    input: [E, 4 * H],
    recurrent: [H, 4 * H],
    bias: [4 * H],
    hidden: ['B', H],
    cell: ['B', H],
  };
  const wrong: [string, Shape, string][] = [
    ['x', ['T', 'B', E], '[T, B, 4]'],
    ['x', ['B', E], '[B, 4]'],
    ['input', [E + 1, 4 * H], '[5, B, 4] and [5, 24]'],
    ['recurrent', [H, 3 * H], '[5, B, 4] and [6, 18]'],
    ['bias', [H], '[5, B, 4] and [6]'],
    ['hidden', [2, H], '[5, B, 4] and [2, 6]'],
    ['cell', ['B', H + 1], '[5, B, 4] and [B, 7]'],
  ];
  it.each(wrong)('refuses %s of shape %j while the graph is built', (name, shape, message) => {
    const graph = new Graph();
    const tensor = (key: keyof typeof shapes): Tensor => graph.input(key, key === name ? shape : shapes[key]);
    const weights = { input: tensor('input'), recurrent: tensor('recurrent'), bias: tensor('bias') };
    const build = (): unknown => lstm(tensor('x'), weights, { hidden: tensor('hidden'), cell: tensor('cell') });
    expect(build).toThrow(
      expect.objectContaining({ code: 'graph_shape_mismatch', message: expect.stringContaining(message) as string }),
    );
  });
});
