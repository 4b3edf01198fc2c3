import { CompletionEngine, resolveHyperparameters } from '#language-model';
import { PLAIN_REQUEST } from '#language-model/workbench';
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
  readonly engine: CompletionEngine;
  readonly rates: number[];
}

/**
 * Generation through the engine that serves: threads, graph, sampler (temperature 1, whole distribution), text; no HTTP.
 * The synthetic model never ends a text, so that none needs `ignore_eos`, which most clients do not send and which reads logits.
 * Both precisions, with one thread and two unless a number is given, take turns, so that their ratios hold on a noisy machine.
 */
export async function benchDecode({ preset, threads }: BenchOptions, report: Report): Promise<void> {
  await withSyntheticBundle(resolveHyperparameters(preset), async (folder) => {
    for (const batchSize of BATCH_SIZES) {
      const variants: Variant[] = [];
      for (const count of threads === 0 ? [1, 2] : [threads]) {
        for (const precision of PRECISIONS) {
          const options = { threads: count, precision, maxBatchSize: batchSize, maxQueued: 0 };
          variants.push({ precision, engine: await CompletionEngine.open(folder, options), rates: [] });
        }
      }
      for (const { engine } of variants) await generate(engine, batchSize, WARMUP_TOKENS);
      for (let repeat = 0; repeat < REPEATS; repeat++) {
        for (const { engine, rates } of variants) {
          const start = performance.now();
          await generate(engine, batchSize, TOKENS_PER_ROW);
          rates.push((batchSize * TOKENS_PER_ROW) / ((performance.now() - start) / 1000));
        }
      }
      for (const { precision, engine, rates } of variants) {
        const { threads: started } = engine.activity;
        await engine.close();
        const tokensPerSecond = rates.sort((a, b) => a - b)[rates.length >> 1]!;
        const stepMilliseconds = (1000 * batchSize) / tokensPerSecond;
        report.add({
          bench: 'decode',
          preset,
          precision,
          threads: started,
          batchSize,
          stepMilliseconds,
          tokensPerSecond,
        });
      }
    }
  });
}

async function generate(engine: CompletionEngine, batchSize: number, maxTokens: number): Promise<void> {
  const texts = Array.from({ length: batchSize }, (_, index) =>
    engine.complete({ ...PLAIN_REQUEST, prompt: [1], maxTokens, seed: BigInt(index) }),
  );
  await Promise.all(texts);
}
