import {
  PLAIN_SAMPLING,
  SamplingPlan,
  TokenSampler,
  TokenScorer,
  type SamplingParameters,
} from '#language-model/workbench';
import type { BenchOptions } from './options.js';
import type { Report } from './report.js';

/** Words of a row. */
export const VOCABULARY = 10_000;
const ROWS = 32;
const ROUNDS = 80;
const TURNS = 256;
const SEQUENCE = 64;

const METHODS: Readonly<Record<string, Partial<SamplingParameters>>> = {
  greedy: { temperature: 0 },
  'temperature 1': {},
  'top-k 50': { topK: 50 },
  'top-p 0.9': { topP: 0.9 },
  'top-p 0.5': { topP: 0.5 },
  'top-k 50, top-p 0.9': { topP: 0.9, topK: 50 },
  'min-p 0.05': { minP: 0.05 },
  'typical 0.9': { typicalP: 0.9 },
  'presence and frequency penalty': { presencePenalty: 0.5, frequencyPenalty: 0.5 },
  'repetition penalty': { repetitionPenalty: 1.2 },
  'repetition penalty, greedy': { repetitionPenalty: 1.2, temperature: 0 },
  'repetition penalty, top-p 0.9': { repetitionPenalty: 1.2, topP: 0.9 },
  'no repeated 3-grams': { noRepeatNgramSize: 3 },
  'bias 100 on two tokens': {
    logitBias: new Map([
      [5, 100],
      [7, 100],
    ]),
  },
};

/** Drawing tokens from given rows, without the model, in sequences of 64 tokens, and scoring rows. */
export async function benchSampling(_options: BenchOptions, report: Report): Promise<void> {
  const probabilities = distributions();
  const logits = probabilities.map((p) => Math.log(p));
  const sampler = await TokenSampler.create(VOCABULARY);
  const add = (method: string, run: (turn: number) => void): void => {
    report.add({ bench: 'sampling', method, vocabulary: VOCABULARY, microsecondsPerToken: fastest(run) });
  };
  for (const [method, parameters] of Object.entries(METHODS)) {
    let plan = new SamplingPlan({ ...PLAIN_SAMPLING, ...parameters }, [1]);
    add(method, (turn) => {
      if (turn % SEQUENCE === 0) plan = new SamplingPlan({ ...PLAIN_SAMPLING, ...parameters }, [1]);
      const row = { probabilities, logits, start: (turn % ROWS) * VOCABULARY };
      plan.accept(sampler.sample(row, plan, (turn * 0.6180339887) % 1));
    });
  }
  const scorer = await TokenScorer.create(VOCABULARY);
  for (const count of [0, 5]) {
    add(`log-probabilities, ${count} most probable tokens`, (turn) => {
      scorer.score(logits, (turn % ROWS) * VOCABULARY, count);
    });
  }
}

/** Microseconds per turn in the fastest of the rounds: what else the machine does can only add to it. */
function fastest(run: (turn: number) => void): number {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    for (let turn = 0; turn < TURNS; turn++) run(round * TURNS + turn);
    best = Math.min(best, (1000 * (performance.now() - start)) / TURNS);
  }
  return best;
}

/** Rows like those of a trained model: the words' shares, with some words that the context makes much likelier. */
export function distributions(): Float32Array {
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
