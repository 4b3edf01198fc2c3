import { TokenSampler, type SamplingParameters } from '#language-model/workbench';
import type { BenchOptions } from './options.js';
import type { Report } from './report.js';

const VOCABULARY = 10_000;
const ROWS = 32;
const DRAWS = 20_000;

const METHODS: Readonly<Record<string, SamplingParameters>> = {
  greedy: { temperature: 0, topP: 1, topK: 0 },
  'temperature 1': { temperature: 1, topP: 1, topK: 0 },
  'top-k 50': { temperature: 1, topP: 1, topK: 50 },
  'top-p 0.9': { temperature: 1, topP: 0.9, topK: 0 },
  'top-p 0.5': { temperature: 1, topP: 0.5, topK: 0 },
  'top-k 50, top-p 0.9': { temperature: 1, topP: 0.9, topK: 50 },
};

/** Drawing tokens from given probabilities, without the model: microseconds per token for each method. */
export function benchSampling(_options: BenchOptions, report: Report): Promise<void> {
  const rows = distributions();
  const sampler = new TokenSampler(VOCABULARY);
  for (const [method, parameters] of Object.entries(METHODS)) {
    let start = 0;
    for (let draw = -DRAWS / 10; draw < DRAWS; draw++) {
      if (draw === 0) start = performance.now();
      sampler.sample(rows, (Math.abs(draw) % ROWS) * VOCABULARY, parameters, (Math.abs(draw) * 0.6180339887) % 1);
    }
    report.add({
      bench: 'sampling',
      method,
      vocabulary: VOCABULARY,
      microsecondsPerToken: (1000 * (performance.now() - start)) / DRAWS,
    });
  }
  return Promise.resolve();
}

/** Rows like those of a trained model: the words' shares, with some words that the context makes much likelier. */
function distributions(): Float32Array {
  const rows = new Float32Array(ROWS * VOCABULARY);
  for (let row = 0; row < ROWS; row++) {
    let sum = 0;
    for (let id = 0; id < VOCABULARY; id++) {
      const likely = (id * 7919 + row * 104729) % 997 < 20 ? 30 : 1;
      sum += rows[row * VOCABULARY + id] = likely / (id + 2);
    }
    for (let id = 0; id < VOCABULARY; id++) rows[row * VOCABULARY + id] = rows[row * VOCABULARY + id]! / sum;
  }
  return rows;
}
