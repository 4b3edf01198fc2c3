import { resolveHyperparameters } from '#language-model';
import { DecodeLoop, DecodeSession, PLAIN_REQUEST, readBundle } from '#language-model/workbench';
import type { BenchOptions } from './options.js';
import type { Report } from './report.js';
import { withSyntheticBundle } from './synthetic-bundle.js';

const BATCH_SIZES = [1, 8, 32, 64, 128];
const TOKENS_PER_ROW = 256;
const WARMUP_TOKENS = 32;
const REPEATS = 3;

/** Generation through the loop that serves: graph, sampler (temperature 1, whole distribution) and book-keeping; no HTTP. */
export async function benchDecode({ preset, threads }: BenchOptions, report: Report): Promise<void> {
  await withSyntheticBundle(resolveHyperparameters(preset), async (folder) => {
    const bundle = await readBundle(folder);
    for (const batchSize of BATCH_SIZES) {
      const graphs = {
        decode: await bundle.session('decode.onnx', threads),
        prefill: await bundle.session('prefill.onnx', threads),
      };
      const session = new DecodeSession(graphs, bundle.architecture, batchSize);
      const loop = await DecodeLoop.create(session);
      const generate = (maxTokens: number): Promise<void> =>
        new Promise((resolve, reject) => {
          const sequences = Array.from({ length: batchSize }, (_, index) => ({
            ...PLAIN_REQUEST,
            maxTokens,
            seed: BigInt(index),
            onToken: () => false,
            onEnd: () => undefined,
          }));
          loop.submit({
            prompt: [1],
            promptScores: null,
            sequences,
            beam: null,
            onFinished: resolve,
            onFailed: reject,
          });
        });
      await generate(WARMUP_TOKENS);
      const rates: number[] = [];
      for (let repeat = 0; repeat < REPEATS; repeat++) {
        const start = performance.now();
        await generate(TOKENS_PER_ROW);
        rates.push((batchSize * TOKENS_PER_ROW) / ((performance.now() - start) / 1000));
      }
      await loop.close();
      report.add({
        bench: 'decode',
        preset,
        precision: 'float32',
        batchSize,
        tokensPerSecond: rates.sort((a, b) => a - b)[1]!,
      });
    }
  });
}
