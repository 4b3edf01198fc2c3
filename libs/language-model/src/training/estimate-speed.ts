import { Graph, GraphSession, float32Tensor, op } from '#tensor-graph';
import type { Architecture } from '../model/architecture.js';

/** Side of the matrices that are multiplied. */
const SIZE = 768;
const REPEATS = 12;
/** Share of the rate of plain matrix products that a whole training step reaches; see docs/experiments.md. */
const STEP_EFFICIENCY = 0.55;

/**
 * Floating-point operations per trained token: two per weight of each matrix product forward, twice that backward.
 * The embedding is looked up, not multiplied.
 */
export function operationsPerToken({
  vocabularySize: V,
  embeddingDim: E,
  lstmUnits: H,
  numLayers,
}: Architecture): number {
  const lstm = 4 * H * (E + H) + (numLayers - 1) * 4 * H * (H + H);
  return 6 * (lstm + H * V);
}

/** Tokens per second that training will make on this machine, from a second of matrix products by the same runtime. */
export async function estimateTokensPerSecond(architecture: Architecture, threads: number): Promise<number> {
  const graph = new Graph();
  graph.output('y', op.matMul(graph.input('a', [SIZE, SIZE]), graph.input('b', [SIZE, SIZE])));
  const session = await GraphSession.create(graph.encode(), { threads });
  try {
    const matrix = float32Tensor(new Float32Array(SIZE * SIZE).fill(0.5), [SIZE, SIZE]);
    const times: number[] = [];
    for (let i = 0; i < REPEATS; i++) {
      const start = performance.now();
      await session.run({ a: matrix, b: matrix });
      times.push(performance.now() - start);
    }
    const medianSeconds = times.sort((a, b) => a - b)[REPEATS / 2]! / 1000;
    return (STEP_EFFICIENCY * 2 * SIZE ** 3) / medianSeconds / operationsPerToken(architecture);
  } finally {
    await session.dispose();
  }
}
