import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GraphSession, float32Tensor, int64Tensor, type HostTensor } from '#tensor-graph';
import type { Architecture } from '../model/architecture.js';
import { Parameters, initializeParameters } from '../model/parameters.js';
import { buildQuantizedDecodeGraph } from './quantized-decode-graph.js';
import { buildDecodeGraph } from './serving-graphs.js';

const [V, H, B, STEPS] = [50, 32, 3, 12];
const ARCHITECTURE: Architecture = { vocabularySize: V, embeddingDim: 16, lstmUnits: H, numLayers: 3 };
const STATES = [0, 1, 2].flatMap((layer) => [`hidden_${layer}`, `cell_${layer}`]);
const TOLERANCES = { logits: 0.15, others: 0.07 };
const parameters = new Parameters(ARCHITECTURE);
let float32: GraphSession;
let int8: GraphSession;

beforeAll(async () => {
  initializeParameters(parameters, 3);
  // Gains, biases and features of very different size, as training makes them: what is folded into weights must fit.
  for (const { name } of parameters.specs) {
    const view = parameters.view(name);
    if (/gain|bias/.test(name)) view.forEach((value, i) => (view[i] = value + 0.5 * Math.sin(7 * i + name.length)));
    if (name.startsWith('embedding')) view.forEach((value, i) => (view[i] = 20 * value * 2 ** -(i % 5)));
  }
  float32 = await GraphSession.create(buildDecodeGraph(ARCHITECTURE, 'fed'), { threads: 1 });
  int8 = await GraphSession.create(buildQuantizedDecodeGraph(parameters), { threads: 1 });
});
afterAll(async () => {
  await float32.dispose();
  await int8.dispose();
});

type Results = Record<string, Float32Array>;

/** Decodes the same tokens by both graphs, each step from the states that float32 led to; results of each step. */
async function decode(): Promise<{ exact: Results; rounded: Results }[]> {
  const feeds: Record<string, HostTensor> = {
    inverse_temperature: float32Tensor(Float32Array.of(1, 0.5, 2), [B, 1]),
  };
  for (const name of STATES) feeds[name] = float32Tensor(new Float32Array(B * H), [1, B, H]);
  const fed: Record<string, HostTensor> = {};
  for (const { name, shape } of parameters.specs) fed[name] = float32Tensor(parameters.view(name), shape);
  const numbers = (results: Record<string, HostTensor>): Results =>
    Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]));
  const steps: { exact: Results; rounded: Results }[] = [];
  for (let t = 0; t < STEPS; t++) {
    const ids = BigInt64Array.from({ length: B }, (_, row) => BigInt((t * 17 + row * 5) % V));
    feeds['ids'] = int64Tensor(ids, [1, B]);
    const exact = await float32.run({ ...feeds, ...fed });
    const rounded = await int8.run(feeds);
    for (const name of STATES) feeds[name] = exact[`next_${name}`]!;
    steps.push({ exact: numbers(exact), rounded: numbers(rounded) });
  }
  return steps;
}

describe('the quantised decode graph', () => {
  it('takes and gives what the float32 graph does', () => {
    const names = (session: GraphSession): string[] =>
      session.inputNames.filter((name) => !parameters.specs.some((spec) => spec.name === name)).sort();
    expect(names(int8)).toEqual(names(float32));
    expect([...int8.outputNames].sort()).toEqual([...float32.outputNames].sort());
  });

  it('computes nearly the same states, logits and probabilities', async () => {
    (await decode()).forEach(({ exact, rounded }, t) => {
      for (const [name, values] of Object.entries(exact)) {
        // Rounding is worth a few codes in 127; a gain, offset or scale gone wrong is worth many times as much.
        const tolerance = name === 'logits' ? TOLERANCES.logits : TOLERANCES.others;
        values.forEach((value, i) =>
          expect(Math.abs(rounded[name]![i]! - value), `${name}[${i}] at ${t}`).toBeLessThan(tolerance),
        );
      }
    });
  });

  it('gives <unk> no probability', async () => {
    for (const { rounded } of await decode()) {
      for (let row = 0; row < B; row++) {
        expect(rounded['probabilities']![row * V]).toBe(0);
        expect(rounded['logits']![row * V]).toBeLessThan(-900);
      }
    }
  });

  it('is the same bytes when it is built again', () => {
    expect(Buffer.compare(buildQuantizedDecodeGraph(parameters), buildQuantizedDecodeGraph(parameters))).toBe(0);
  });
});
