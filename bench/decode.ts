import { resolveHyperparameters } from '#language-model';
import { DecodeLoop, DecodeSession, PLAIN_REQUEST, readBundle } from '#language-model/workbench';
import type { BenchOptions } from './options.js';
import type { Report } from './report.js';
import { withSyntheticBundle } from './synthetic-bundle.js';

const BATCH_SIZES = [1, 8, 32, 64, 128];
const PRECISIONS = ['float32', 'int8'] as const;
const TOKENS_PER_ROW = 128;
const WARMUP_TOKENS = 16;
const REPEATS = 5;

interface Variant {
  readonly precision: (typeof PRECISIONS)[number];
  readonly threads: number;
  readonly loop: DecodeLoop;
  readonly rates: number[];
}

/**
 * Generation through the loop that serves: graph, sampler (temperature 1, whole distribution) and book-keeping; no HTTP.
 * Both precisions, with one thread and two unless a number is given, take turns, so that their ratios hold on a noisy machine.
 */
export async function benchDecode({ preset, threads }: BenchOptions, report: Report): Promise<void> {
  await withSyntheticBundle(resolveHyperparameters(preset), async (folder) => {
    const bundle = await readBundle(folder);
    for (const batchSize of BATCH_SIZES) {
      const variants: Variant[] = [];
      for (const count of threads === 0 ? [1, 2] : [threads]) {
        for (const precision of PRECISIONS) {
          const graphs = await bundle.decodeGraphs(precision, count);
          const session = new DecodeSession(graphs, bundle.architecture, batchSize);
          variants.push({ precision, threads: count, loop: await DecodeLoop.create(session), rates: [] });
        }
      }
      for (const { loop } of variants) await generate(loop, batchSize, WARMUP_TOKENS);
      for (let repeat = 0; repeat < REPEATS; repeat++) {
        for (const { loop, rates } of variants) {
          const start = performance.now();
          await generate(loop, batchSize, TOKENS_PER_ROW);
          rates.push((batchSize * TOKENS_PER_ROW) / ((performance.now() - start) / 1000));
        }
      }
      for (const { precision, threads: count, loop, rates } of variants) {
        await loop.close();
        const tokensPerSecond = rates.sort((a, b) => a - b)[rates.length >> 1]!;
        const stepMilliseconds = (1000 * batchSize) / tokensPerSecond;
        report.add({
          bench: 'decode',
          preset,
          precision,
          threads: count,
          batchSize,
          stepMilliseconds,
          tokensPerSecond,
        });
      }
    }
  });
}

function generate(loop: DecodeLoop, batchSize: number, maxTokens: number): Promise<void> {
  const sequences = Array.from({ length: batchSize }, (_, index) => ({
    ...PLAIN_REQUEST,
    maxTokens,
    seed: BigInt(index),
    onToken: () => false,
    onEnd: () => undefined,
  }));
  return new Promise((resolve, reject) => {
    loop.submit({
      prompt: [1],
      promptScores: null,
      sequences,
      beam: null,
      onFinished: resolve,
      onFailed: reject,
    });
  });
}
