import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import onnxProto from 'onnx-proto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Shape } from './dimension.js';
import { gradients } from './gradients.js';
import { Graph, type Tensor } from './graph.js';
import type { ElementType } from './onnx-encoding.js';
import * as op from './operators/index.js';
import { GraphSession, float32Tensor, int64Tensor } from './session.js';

const { onnx } = onnxProto;

/** Builds tensors of given shapes in one new graph. */
function make(...shapes: Shape[]): Tensor[] {
  const graph = new Graph();
  return shapes.map((shape, index) => graph.input(`x${index}`, shape));
}

function ids(near: Tensor, shape: Shape, type: ElementType = 'int64'): Tensor {
  return near.graph.input('ids', shape, type);
}

describe('building a graph', () => {
  const mistakes: [string, () => unknown, string[]][] = [
    ['add', () => op.add(...(make(['B', 3], ['B', 4]) as [Tensor, Tensor])), ['Add', '[B, 3]', '[B, 4]']],
    ['subtract', () => op.subtract(...(make([2, 3], [2]) as [Tensor, Tensor])), ['Sub', '[2, 3]', '[2]']],
    ['multiply', () => op.multiply(...(make(['B', 3], ['T', 3]) as [Tensor, Tensor])), ['Mul', '[B, 3]', '[T, 3]']],
    ['divide', () => op.divide(...(make([5], ['B']) as [Tensor, Tensor])), ['Div', '[5]', '[B]']],
    [
      'matMul, inner sizes',
      () => op.matMul(...(make(['B', 3], [4, 5]) as [Tensor, Tensor])),
      ['MatMul', '[B, 3]', '[4, 5]', '3 and 4'],
    ],
    ['matMul, transposed', () => matMulTransposed(), ['MatMul', '[B, 3]', '[4, 5]', 'B and 5']],
    ['matMul, no matrix', () => op.matMul(...(make(['B', 3], [3]) as [Tensor, Tensor])), ['MatMul', '[B, 3]', '[3]']],
    ['matMul, plus', () => matMulPlus(), ['MatMul', '[B, 5]', '[4]']],
    ['reshape', () => op.reshape(make(['B', 6])[0]!, ['B', 5]), ['Reshape', '[B, 6]', '[B, 5]']],
    [
      'reshape to two symbols',
      () => op.reshape(make(['T*B', 6])[0]!, ['T', 'B', 6]),
      ['Reshape', '[T*B, 6]', '[T, B, 6]'],
    ],
    ['flattenSteps', () => op.flattenSteps(make(['B', 6])[0]!), ['FlattenSteps', '[B, 6]']],
    ['transpose', () => op.transpose(make(['B', 6])[0]!, [0, 2]), ['Transpose', '[0, 2]', '[B, 6]']],
    ['concat', () => op.concat(make(['B', 6], ['B', 2], [3, 2]), 1), ['Concat', '[B, 6]', '[3, 2]', 'axis 1']],
    ['concat along no axis', () => op.concat(make(['B', 6], ['B', 6]), 2), ['Concat', '[B, 6]', 'axis 2']],
    ['concat of nothing', () => op.concat([], 0), ['Concat']],
    ['split into unequal parts', () => op.split(make(['B', 6])[0]!, 1, 4), ['size 6', '4 equal parts']],
    ['split of a symbol', () => op.split(make(['B', 6])[0]!, 0, 2), ['size B', '2 equal parts']],
    ['split along no axis', () => op.split(make(['B', 6])[0]!, -1, 2), ['Split', '[B, 6]', 'axis -1']],
    ['slice beyond the end', () => op.slice(make(['B', 6])[0]!, 1, 4, 7), ['Slice', '4 to 7', 'axis 1', '[B, 6]']],
    ['slice of a symbol', () => op.slice(make(['B', 6])[0]!, 0, 0, 1), ['Slice', 'axis 0', '[B, 6]']],
    ['reduceSum along no axis', () => op.reduceSum(make(['B', 6])[0]!, [-1]), ['ReduceSum', '[B, 6]', 'axis -1']],
    ['reduceMean of a symbol', () => op.reduceMean(make(['B', 6])[0]!, [0]), ['ReduceMean', '[B, 6]']],
    ['gatherRows, ids', () => gather([5, 2], 'float32'), ['GatherRows', '[5, 2]', 'float32']],
    ['gatherRows, table', () => gather([5], 'int64'), ['GatherRows', '[5]']],
    ['layerNormalization', () => normalize(), ['LayerNormalization', '[B, 6]', '[5]']],
    ['linearCrossEntropy, targets', () => crossEntropy(['T'], [6, 9], [9]), ['[B, 6]', '[T]']],
    ['linearCrossEntropy, weight', () => crossEntropy(['B'], [5, 9], [9]), ['[B, 6]', '[5, 9]']],
    ['linearCrossEntropy, bias', () => crossEntropy(['B'], [6, 9], [8]), ['[B, 9]', '[8]']],
    ['fusedLstm', () => fused(), ['FusedLstm', '[T, B, 2]', '[B, 3]']],
    [
      'lstmCell',
      () => op.lstmCell(...(make(['B', 9], ['B', 2]) as [Tensor, Tensor])),
      ['LstmCell', '[B, 9]', '[B, 2]'],
    ],
    ['a constant', () => new Graph().constant(new Float32Array(5), [2, 3]), ['[2, 3]', '6 numbers', '5 were given']],
    ['an input name twice', () => twice((graph) => graph.input('x', [1])), ['"x" already']],
    ['an output name twice', () => twice((graph) => graph.output('y', graph.scalar(1))), ['"y" already']],
    ['a graph without output', () => new Graph().encode(), ['no output']],
  ];

  it.each(mistakes)('finds the mistake at once and names the shapes: %s', (_name, build, parts) => {
    let message = '';
    expect(() => {
      try {
        build();
      } catch (error) {
        message = String(error);
        throw error;
      }
    }).toThrow(expect.objectContaining({ code: 'graph_shape_mismatch' }));
    for (const part of parts) expect(message).toContain(part);
  });

  it('stores equal scalars once', () => {
    const graph = new Graph();
    expect(graph.scalar(0.5)).toBe(graph.scalar(0.5));
    expect(graph.scalar(0.5)).not.toBe(graph.scalar(0.25));
  });
});

function matMulTransposed(): Tensor {
  const [a, b] = make(['B', 3], [4, 5]);
  return op.matMul(a!, b!, { transposeLeft: true, transposeRight: true });
}

function matMulPlus(): Tensor {
  const [a, b, plus] = make(['B', 3], [3, 5], [4]);
  return op.matMul(a!, b!, { plus: plus! });
}

function gather(table: Shape, type: ElementType): Tensor {
  const [x] = make(table);
  return op.gatherRows(x!, ids(x!, ['B'], type));
}

function normalize(): Tensor {
  const [x, gain, bias] = make(['B', 6], [6], [5]);
  return op.layerNormalization(x!, gain!, bias!);
}

function crossEntropy(targets: Shape, weightShape: Shape, biasShape: Shape): unknown {
  const [hidden, weight, bias] = make(['B', 6], weightShape, biasShape);
  return op.linearCrossEntropy(hidden!, weight!, bias!, ids(hidden!, targets));
}

function fused(): unknown {
  const [x, input, recurrent, bias, hidden, cell] = make(['T', 'B', 2], [2, 16], [4, 16], [16], ['B', 3], ['B', 4]);
  return op.fusedLstm(x!, { input: input!, recurrent: recurrent!, bias: bias! }, { hidden: hidden!, cell: cell! });
}

function twice(declare: (graph: Graph) => unknown): void {
  const graph = new Graph();
  declare(graph);
  declare(graph);
}

describe('an encoded model', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tensor-graph-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('leaves out nodes, inputs and constants that no output needs', () => {
    const graph = new Graph();
    const x = graph.input('x', ['B', 2]);
    const unused = graph.input('unused', ['B', 2]);
    const y = op.add(op.tanh(x), 1);
    op.multiply(op.sigmoid(unused), graph.constant(Float32Array.of(3, 4), [2]));
    gradients(y, [x]);
    graph.output('y', y);
    const { graph: model } = onnx.ModelProto.decode(graph.encode());
    expect(model!.node!.map(({ opType }) => opType)).toEqual(['Tanh', 'Add']);
    expect(model!.input!.map(({ name }) => name)).toEqual(['x']);
    expect(model!.initializer!.length).toBe(1);
  });

  it('returns also what no node computes, and one result under two names', async () => {
    const graph = new Graph();
    const x = graph.input('x', [2]);
    const y = op.add(x, 1);
    graph.output('input', x);
    graph.output('constant', graph.constant(Float32Array.of(5, 6), [2]));
    graph.output('sum', y);
    graph.output('again', y);
    graph.output('after', op.multiply(y, 2));
    const session = await GraphSession.create(graph.encode(), { threads: 1 });
    expect(session.outputNames).toEqual(['input', 'constant', 'sum', 'again', 'after']);
    const results = await session.run({ x: float32Tensor(Float32Array.of(1, 2), [2]) });
    await session.dispose();
    expect(Object.values(results).map(({ data }) => [...(data as Float32Array)])).toEqual([
      [1, 2],
      [5, 6],
      [2, 3],
      [2, 3],
      [4, 6],
    ]);
  });

  it('says which axes are symbolic', () => {
    const graph = new Graph();
    graph.output('y', op.flattenSteps(graph.input('x', [5, 'B', 2])));
    const { graph: model } = onnx.ModelProto.decode(graph.encode());
    const axes = model!.output![0]!.type!.tensorType!.shape!.dim!.map(
      ({ dimParam, dimValue }) => dimParam || Number(dimValue),
    );
    expect(axes).toEqual(['5*B', 2]);
  });

  it('is the same bytes when it is built twice, gradients included', () => {
    const build = (): Uint8Array => {
      const graph = new Graph();
      const [w, b] = [graph.input('w', [3, 4]), graph.input('b', [4])];
      const hidden = op.layerNormalization(op.matMul(graph.input('x', ['B', 3]), w, { plus: b }), b, b);
      gradients(hidden, [w, b]).forEach((gradient, index) => graph.output(`gradient${index}`, gradient));
      return graph.encode();
    };
    expect(Buffer.from(build()).equals(Buffer.from(build()))).toBe(true);
  });

  it('reads external constants from a file beside it, each from its place', async () => {
    const graph = new Graph();
    const place = (offsetBytes: number) => ({ file: 'weights.bin', offsetBytes, lengthBytes: 8 });
    const a = graph.externalConstant('a', [2], place(4));
    const b = graph.externalConstant('b', [2], place(12));
    graph.output('y', op.add(op.multiply(graph.input('x', ['B', 2]), a), b));
    await writeFile(join(folder, 'weights.bin'), new Uint8Array(Float32Array.of(9, 2, 3, 10, 20, 9).buffer));
    const path = join(folder, 'model.onnx');
    await writeFile(path, graph.encode());
    for (const session of [
      await GraphSession.create(path, { threads: 1 }),
      await GraphSession.create(graph.encode(), { threads: 1, externalDataFolder: folder }),
    ]) {
      const { y } = await session.run({ x: float32Tensor(Float32Array.of(1, 1, 2, 2), [2, 2]) });
      await session.dispose();
      expect([...(y!.data as Float32Array)]).toEqual([12, 23, 14, 26]);
    }
  });

  it.each([
    ['its external constants are missing', 'nowhere.bin', 4],
    ['its external constants end before they should', 'weights.bin', 400],
  ])('is refused as corrupt when %s', async (_what, file, offsetBytes) => {
    const graph = new Graph();
    graph.output(
      'y',
      op.add(graph.input('x', [2]), graph.externalConstant('a', [2], { file, offsetBytes, lengthBytes: 8 })),
    );
    await writeFile(join(folder, 'weights.bin'), new Uint8Array(24));
    await writeFile(join(folder, 'model.onnx'), graph.encode());
    await expect(GraphSession.create(join(folder, 'model.onnx'), { threads: 1 })).rejects.toMatchObject({
      code: 'bundle_corrupt',
    });
  });

  it('is refused as corrupt when it is no model', async () => {
    await expect(GraphSession.create(Buffer.from('no model'), { threads: 1 })).rejects.toMatchObject({
      code: 'bundle_corrupt',
    });
  });
});

describe('a session', () => {
  it('writes its results into the tensors it is given', async () => {
    const graph = new Graph();
    graph.output('y', op.add(graph.input('x', ['B']), 1));
    const session = await GraphSession.create(graph.encode(), { threads: 1 });
    const y = float32Tensor(new Float32Array(3), [3]);
    await session.run({ x: float32Tensor(Float32Array.of(1, 2, 3), [3]) }, { y });
    await session.dispose();
    expect([...(y.data as Float32Array)]).toEqual([2, 3, 4]);
  });

  it('computes values by the definition of each operator', async () => {
    const graph = new Graph();
    const x = graph.input('x', [2, 3]);
    const rows = graph.input('rows', [2], 'int64');
    const results: Record<string, Tensor> = {
      picked: op.pickFromRows(x, rows),
      rank: op.rankOf(x, rows),
      gathered: op.gatherRows(x, rows),
      softmax: op.softmax(x),
      mean: op.reduceMean(x, [1]),
      sigmoid: op.sigmoid(op.slice(x, 1, 0, 1)),
      atLeast: op.atLeast(x, 2),
      transposed: op.matMul(x, x, { transposeRight: true, plus: graph.constant(Float32Array.of(100, 200), [2]) }),
    };
    for (const [name, tensor] of Object.entries(results)) graph.output(name, tensor);
    const session = await GraphSession.create(graph.encode(), { threads: 1 });
    const feeds = {
      x: float32Tensor(Float32Array.of(1, 3, 2, 0, 0, 4), [2, 3]),
      rows: int64Tensor(BigInt64Array.of(1n, 0n), [2]),
    };
    const values = await session.run(feeds);
    await session.dispose();
    const list = (name: string): number[] => [...(values[name]!.data as Float32Array)];
    expect(list('picked')).toEqual([3, 0]);
    expect(list('rank')).toEqual([0, 1]);
    expect(list('gathered')).toEqual([0, 0, 4, 1, 3, 2]);
    expect(list('mean').map((value) => value.toFixed(5))).toEqual(['2.00000', '1.33333']);
    expect(list('sigmoid').map((value) => value.toFixed(5))).toEqual(['0.73106', '0.50000']);
    expect(list('atLeast')).toEqual([2, 3, 2, 2, 2, 4]);
    expect(list('transposed')).toEqual([114, 208, 108, 216]);
    const [e, e4] = [Math.E, Math.exp(4)];
    const sums = [e + e ** 2 + e ** 3, 2 + e4];
    const expected = [e / sums[0]!, e ** 3 / sums[0]!, e ** 2 / sums[0]!, 1 / sums[1]!, 1 / sums[1]!, e4 / sums[1]!];
    list('softmax').forEach((value, index) => expect(value).toBeCloseTo(expected[index]!, 6));
  });

  it('cuts a tensor into the same parts where a node may have only a few results', async () => {
    const parts = 11;
    const x = float32Tensor(Float32Array.from({ length: 2 * 3 * parts }, Math.sqrt), [3 * parts, 2]);
    const run = async (device: 'cpu' | 'webgpu'): Promise<number[][]> => {
      const graph = new Graph(device);
      op.split(graph.input('x', [`${parts}*B`, 2]), 0, parts).forEach((part, i) => graph.output(`part${i}`, part));
      expect(Math.max(...graph.nodes.map(({ outputs }) => outputs.length))).toBe(device === 'cpu' ? parts : 1);
      const session = await GraphSession.create(graph.encode(), { threads: 1 });
      const values = await session.run({ x });
      await session.dispose();
      return Array.from({ length: parts }, (_, i) => [...(values[`part${i}`]!.data as Float32Array)]);
    };
    expect(await run('webgpu')).toEqual(await run('cpu'));
  });
});
