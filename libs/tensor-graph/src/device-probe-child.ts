import { Graph } from './graph.js';
import { matMul } from './operators/index.js';
import { GraphSession, float32Tensor, type Device } from './session.js';
import type { ProbeAnswer } from './device-probe.js';

/** Tries the device named on the command line, tells the parent, and ends; see `probeDevice`. */

/** Side of the matrices: large enough that a fast device shows, small enough for a slow one. */
const SIZE = 1024;
const MOST_REPEATS = 8;
const MOST_MS = 1_500;

async function measure(device: Device): Promise<ProbeAnswer> {
  const graph = new Graph();
  graph.output('y', matMul(graph.input('a', [SIZE, SIZE]), graph.input('b', [SIZE, SIZE])));
  try {
    const session = await GraphSession.create(graph.encode(), { threads: 0, device });
    const matrix = float32Tensor(new Float32Array(SIZE * SIZE).fill(0.5), [SIZE, SIZE]);
    const startMs = performance.now();
    let fastestMs = Infinity;
    for (let i = 0; i < MOST_REPEATS && (i < 2 || performance.now() - startMs < MOST_MS); i++) {
      const before = performance.now();
      const { y } = await session.run({ a: matrix, b: matrix });
      fastestMs = Math.min(fastestMs, performance.now() - before);
      const product = (y!.data as Float32Array)[SIZE + 1];
      if (product !== SIZE / 4) return { error: `it multiplies wrongly: ${product} instead of ${SIZE / 4}` };
    }
    await session.dispose();
    return { gflops: (2 * SIZE ** 3) / fastestMs / 1e6 };
  } catch (error) {
    return { error: reasonOf(error) };
  }
}

/** The runtime's own sentence, without the place in its source. */
function reasonOf(error: unknown): string {
  const { cause } = error as Error;
  const message = cause instanceof Error ? cause.message : String(error);
  return message.replace(/^.*\.(cc|cpp|h):\d+ .* was false\. /s, '').trim();
}

const answer = await measure(process.argv[2] as Device);
process.send!(answer, () => process.exit(0));
