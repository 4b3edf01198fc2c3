import { Graph, GraphSession, float32Tensor, op, type Device } from '#tensor-graph';

/** Sizes tried; the best rate counts, since caches differ. */
const SIZES = [512, 1024, 2048];
const REPEATS = 4;

/** Rate of single-precision matrix products through ONNX Runtime on a device, copies included, in GFLOP/s. */
export async function measureSgemm(threads: number, device: Device): Promise<number> {
  let best = 0;
  for (const size of SIZES) {
    const graph = new Graph();
    graph.output('y', op.matMul(graph.input('a', [size, size]), graph.input('b', [size, size])));
    const session = await GraphSession.create(graph.encode(), { threads, device });
    const matrix = (): Float32Array => Float32Array.from({ length: size * size }, (_, i) => (i % 13) / 13 - 0.5);
    const feeds = { a: float32Tensor(matrix(), [size, size]), b: float32Tensor(matrix(), [size, size]) };
    const into = { y: float32Tensor(new Float32Array(size * size), [size, size]) };
    for (let i = 0; i <= REPEATS * (2048 / size); i++) {
      const start = performance.now();
      await session.run(feeds, into);
      if (i > 0) best = Math.max(best, (2 * size ** 3) / (performance.now() - start) / 1e6);
    }
    await session.dispose();
  }
  return best;
}
