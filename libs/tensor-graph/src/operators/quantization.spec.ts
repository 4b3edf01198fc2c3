import { describe, expect, it } from 'vitest';
import type { Shape } from '../dimension.js';
import { Graph, type Tensor } from '../graph.js';
import { GraphSession, float32Tensor } from '../session.js';
import { quantize, quantizedMatMul } from './quantization.js';

const [K, N] = [37, 21];
const SCALE = 1 / 127;

async function run(
  graph: Graph,
  feeds: Readonly<Record<string, [Float32Array, number[]]>>,
): Promise<ArrayLike<number>> {
  const session = await GraphSession.create(graph.encode(), { threads: 1 });
  const inputs = Object.entries(feeds).map(([name, [data, shape]]) => [name, float32Tensor(data, shape)] as const);
  const results = await session.run(Object.fromEntries(inputs));
  await session.dispose();
  return results['y']!.data as Float32Array;
}

const wave = (length: number, salt: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin(i * i + salt));

describe('quantize', () => {
  it('rounds to the nearest code and keeps to what a byte can hold', async () => {
    const graph = new Graph();
    graph.output('y', quantize(graph.input('x', ['B']), 0.1));
    const x = Float32Array.of(0, 0.1, -0.1, 0.14, 0.16, -0.26, 12.7, 12.9, 1e9, -12.8, -12.9, -1e9);
    const codes = [128, 129, 127, 129, 130, 125, 255, 255, 255, 0, 0, 0];
    expect([...Array.from(await run(graph, { x: [x, [x.length]] }))]).toEqual(codes);
  });
});

describe('quantizedMatMul', () => {
  /** Codes of the weights at their limits, so that sums that are cut off would show. */
  const weights = Int8Array.from({ length: K * N }, (_, i) => (i % 3 === 0 ? 64 : i % 3 === 1 ? -64 : (i * 31) % 64));
  const scales = Float32Array.from({ length: N }, (_, n) => 0.001 * (n + 1));
  const bias = wave(N, 3);

  async function product(x: Float32Array, shape: number[]): Promise<ArrayLike<number>> {
    const graph = new Graph();
    const codes = quantize(graph.input('x', [...shape.slice(0, -1).map((_, i) => `D${i}`), K]), SCALE);
    const columnScales = graph.constant(scales, [N]);
    const plus = graph.constant(bias, [N]);
    const right = graph.constant(weights, [K, N]);
    graph.output('y', quantizedMatMul(codes, right, { leftScale: SCALE, columnScales, plus }));
    return run(graph, { x: [x, shape] });
  }

  it.each([
    ['of numbers between -1 and 1', wave(5 * K, 1)],
    ['of the largest codes', new Float32Array(5 * K).fill(2)],
    ['of the smallest codes', new Float32Array(5 * K).fill(-2)],
  ])('is the sum in whole numbers, scaled: %s', async (_name, x) => {
    const actual = await product(x, [5, K]);
    for (let row = 0; row < 5; row++) {
      for (let n = 0; n < N; n++) {
        let sum = 0;
        for (let k = 0; k < K; k++) {
          const code = Math.max(-128, Math.min(127, Math.round(x[row * K + k]! / SCALE)));
          sum += code * weights[k * N + n]!;
        }
        const expected = sum * SCALE * scales[n]! + bias[n]!;
        expect(Math.abs(actual[row * N + n]! - expected), `row ${row}, column ${n}`).toBeLessThan(1e-5);
      }
    }
  });

  it('takes any number of axes before the last', async () => {
    const x = wave(6 * K, 1);
    expect(await product(x, [1, 6, K])).toEqual(await product(x, [6, K]));
  });

  const wrong: [string, () => Tensor, string][] = [
    ['numbers that are not codes', () => build({ left: null }), 'float32 [B, 37] and int8 [37, 21]'],
    ['weights that are not bytes', () => build({ right: new Float32Array(K * N) }), 'uint8 [B, 37] and float32'],
    ['inner sizes that differ', () => build({ width: K + 1 }), '[B, 38] and [37, 21]'],
    ['a scale too few', () => build({ scales: [N - 1] }), '[37, 21] and [20]'],
    ['a bias of two axes', () => build({ bias: [1, N] }), '[37, 21] and [1, 21]'],
  ];
  it.each(wrong)('refuses %s while the graph is built', (_name, make, message) => {
    expect(make).toThrow(
      expect.objectContaining({ code: 'graph_shape_mismatch', message: expect.stringContaining(message) as string }),
    );
  });

  function build(change: { left?: null; right?: Float32Array; width?: number; scales?: Shape; bias?: Shape }): Tensor {
    const graph = new Graph();
    const x = graph.input('x', ['B', change.width ?? K]);
    const right = graph.constant(change.right ?? weights, [K, N]);
    const columnScales = graph.input('scales', change.scales ?? [N]);
    const plus = graph.input('bias', change.bias ?? [N]);
    return quantizedMatMul(change.left === null ? x : quantize(x, SCALE), right, {
      leftScale: SCALE,
      columnScales,
      plus,
    });
  }
});
