import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SamplingParameters } from '../decoding/completion-request.js';
import { PLAIN_SAMPLING as PLAIN } from '../decoding/plain-request.js';
import { philox, STREAMS, toUnit } from '../model/random.js';
import { definition, NOTHING, rowOf, type Before, type Row } from './sampling-definition.js';
import { SamplingPlan } from './sampling-plan.js';
import { TokenSampler } from './token-sampler.js';

function planOf(parameters: SamplingParameters, before: Before): SamplingPlan {
  const plan = new SamplingPlan(parameters, [1, ...before.prompt]);
  for (const id of before.generated) plan.accept(id);
  plan.banEos = before.banEos;
  return plan;
}

/** How often each token comes for given draws; the row stands between others, which must not matter, and stays as it is. */
async function countDraws(
  { probabilities, logits }: Row,
  parameters: SamplingParameters,
  draws: readonly number[],
  before = NOTHING,
): Promise<Map<number, number>> {
  const sampler = await TokenSampler.create(probabilities.length);
  const row = {
    probabilities: Float32Array.from([9, 9, ...probabilities, 9]),
    logits: Float32Array.from([99, 99, ...logits, 99]),
    start: 2,
  };
  const copy = structuredClone(row);
  const plan = planOf(parameters, before);
  const counts = new Map<number, number>();
  for (const uniform of draws) {
    const id = sampler.sample(row, plan, uniform);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  expect(row).toEqual(copy);
  return counts;
}

const evenly = (draws: number): number[] => Array.from({ length: draws }, (_, i) => (i + 0.5) / draws);

/**
 * What a chi-square statistic exceeds with probability 1e-6: the significance of each test. Wilson and Hilferty 1931: the cube
 * root of the statistic over its mean is nearly normal.
 */
function chiSquareQuantile(freedom: number): number {
  const variance = 2 / (9 * freedom);
  return freedom * (1 - variance + 4.753 * Math.sqrt(variance)) ** 3;
}

const randomly = (draws: number): number[] =>
  Array.from({ length: draws }, (_, i) => {
    const [high, low] = philox(1, 2, i, 0, STREAMS.sampling);
    return toUnit(high, low);
  });

/** Each token owns an interval of the draws, so its count is off by less than one at each end (and a little for float32). */
function expectShares(counts: Map<number, number>, expected: Map<number, number>, draws: number): void {
  for (const id of counts.keys()) expect(expected.has(id), `token ${id}`).toBe(true);
  for (const [id, share] of expected) expect(Math.abs((counts.get(id) ?? 0) - draws * share)).toBeLessThan(1.05);
}

/** Probabilities in units of 1/UNITS are exact in float32, and so are their sums: a cut-off cannot fall on a rounding error. */
const UNITS = 1024;

/** A distribution with zeros and equal values; `<unk>` has none of it. */
const exactRow = fc.array(fc.nat(UNITS), { minLength: 1, maxLength: 40 }).map((cuts): Row => {
  const ends = [0, ...cuts.sort((a, b) => a - b), UNITS];
  const probabilities = [0, ...ends.slice(1).map((end, i) => (end - ends[i]!) / UNITS)];
  return { probabilities, logits: probabilities.map((p) => (p > 0 ? Math.fround(Math.log(p)) : -1e9)) };
});

const anyShare = fc.oneof(
  fc.constant(1),
  fc.nat(UNITS).map((units) => units / UNITS),
);

const cutOffs = fc.record({
  topP: anyShare,
  topK: fc.oneof(fc.constant(0), fc.nat(45)),
  minP: fc.oneof(
    fc.constant(0),
    fc.integer({ min: 0, max: 32 }).map((units) => units / 32),
  ),
  typicalP: anyShare,
});

/** Logits in steps that no penalty turns into almost equal ones; the first is what `<unk>` has. */
const anyRow = fc
  .array(fc.integer({ min: -2000, max: 2000 }), { minLength: 3, maxLength: 20 })
  .map((logits) => [-1e9, ...logits.map((units) => units / 64)]);

const before = fc.record({
  prompt: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 12 }),
  generated: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 12 }),
  banEos: fc.boolean(),
});

const adjustments = fc.record({
  presencePenalty: fc.constantFrom(0, 0.5, 2, -2),
  frequencyPenalty: fc.constantFrom(0, 0.25, 2, -2),
  repetitionPenalty: fc.constantFrom(1, 1.25, 2, 0.5),
  noRepeatNgramSize: fc.constantFrom(0, 0, 2, 3, 4),
  logitBias: fc
    .array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.constantFrom(0, 5, -5, 100, -100)), { maxLength: 3 })
    .map((entries) => new Map(entries)),
});

describe('TokenSampler', () => {
  it('gives every token exactly its share of the draws that the definition of the cut-offs says, and no other token any', async () => {
    const draws = 512;
    await fc.assert(
      fc.asyncProperty(exactRow, cutOffs, async (row, settings) => {
        const parameters = { ...PLAIN, ...settings };
        const counts = await countDraws(row, parameters, evenly(draws));
        expectShares(counts, definition(row, parameters), draws);
      }),
      // A fixed seed: typicality is compared in float32, where two tokens in ten million have almost the same.
      { numRuns: 200, seed: 1 },
    );
  });

  it('draws after penalties, bias and bans what the definition says, at any temperature', async () => {
    const draws = 256;
    await fc.assert(
      fc.asyncProperty(
        anyRow,
        before,
        adjustments,
        fc.constantFrom(0, 0.3, 1, 2),
        async (logits, text, settings, temperature) => {
          const parameters = { ...PLAIN, ...settings, temperature };
          const row = rowOf(logits, temperature);
          const expected = definition(row, parameters, text);
          expectShares(await countDraws(row, parameters, evenly(draws), text), expected, draws);
        },
      ),
      { numRuns: 300 },
    );
  });

  describe('over a vocabulary of 300', () => {
    // Some of the likely ones are positive, some negative: a repetition penalty treats them differently.
    const logits = Array.from({ length: 300 }, (_, id) =>
      id === 0 ? -1e9 : 0.5 + 2 * Math.sin(id * id) - Math.log(id),
    );
    // What changes is what is likely; otherwise no number of draws would show it.
    const likely = [...logits.keys()].slice(2).sort((a, b) => logits[b]! - logits[a]!);
    const ids = (...ranks: number[]): number[] => ranks.map((rank) => likely[rank]!);
    const text: Before = { prompt: ids(0, 1, 2, 0, 1, 5), generated: ids(3, 4, 4, 0, 1), banEos: true };
    const bias = new Map([
      [likely[6]!, 2],
      [likely[60]!, 5],
      [likely[0]!, -100],
    ]);
    const penalties = { presencePenalty: 0.5, frequencyPenalty: 0.7, repetitionPenalty: 1.3 };

    it.each<[string, Partial<SamplingParameters>]>([
      ['the whole distribution', {}],
      ['temperature 0.7', { temperature: 0.7 }],
      ['temperature 1.6', { temperature: 1.6 }],
      ['top-k', { topK: 40 }],
      ['top-k beyond the first threshold of the search', { topK: 200 }],
      ['top-p', { topP: 0.7 }],
      ['a top-p that leaves out little', { topP: 0.98 }],
      ['min-p', { minP: 0.02 }],
      ['typical-p', { typicalP: 0.5 }],
      ['a typical-p that leaves out little', { typicalP: 0.97 }],
      ['presence penalty', { presencePenalty: -1.5 }],
      ['frequency penalty', { frequencyPenalty: -1 }],
      ['repetition penalty', { repetitionPenalty: 3 }],
      ['no repeated 3-grams', { noRepeatNgramSize: 3 }],
      ['bias', { logitBias: bias }],
      [
        'a bias that leaves no other token a weight in float32',
        { logitBias: new Map([2, 3, 4].map((id) => [id, 95])) },
      ],
      ['top-k and top-p', { topK: 60, topP: 0.8 }],
      ['top-k, top-p, min-p and typical-p', { topK: 200, topP: 0.95, minP: 0.001, typicalP: 0.9 }],
      ['penalties and bias', { ...penalties, logitBias: bias }],
      [
        'penalties, bias, bans and every cut-off',
        {
          ...penalties,
          logitBias: bias,
          noRepeatNgramSize: 3,
          temperature: 0.9,
          topK: 300,
          topP: 0.97,
          minP: 0.0005,
          typicalP: 0.95,
        },
      ],
    ])('draws from %s as defined: chi-square goodness of fit', async (_name, settings) => {
      const parameters = { ...PLAIN, ...settings };
      const row = rowOf(logits, parameters.temperature);
      const expected = definition(row, parameters, text);
      const draws = 20_000;
      const counts = await countDraws(row, parameters, randomly(draws), text);
      for (const id of counts.keys()) expect(expected.has(id), `token ${id}`).toBe(true);
      // Tokens that are expected less than five times count together.
      const cells = [...expected].map(([id, share]) => ({ seen: counts.get(id) ?? 0, expected: draws * share }));
      const rare = cells.filter((cell) => cell.expected < 5);
      const often = cells.filter((cell) => cell.expected >= 5);
      const sum = (field: 'seen' | 'expected'): number => rare.reduce((total, cell) => total + cell[field], 0);
      if (sum('expected') >= 5) often.push({ seen: sum('seen'), expected: sum('expected') });
      const statistic = often.reduce((total, cell) => total + (cell.seen - cell.expected) ** 2 / cell.expected, 0);
      expect(often.length).toBeGreaterThan(1);
      expect(statistic).toBeLessThan(chiSquareQuantile(often.length - 1));
    });
  });

  it.each<[string, Partial<SamplingParameters>]>([
    ['temperature 0', { temperature: 0 }],
    ['temperature 0 with cut-offs', { temperature: 0, topP: 0.5, topK: 3, minP: 0.1, typicalP: 0.2 }],
    ['top-k 1', { topK: 1 }],
    ['top-p 0', { topP: 0 }],
    ['top-p 0 with top-k', { topP: 0, topK: 5 }],
    ['a top-p that no sum can resolve', { topP: Number.MIN_VALUE }],
  ])('takes the largest logit, the first of equals, with %s', async (_name, settings) => {
    const parameters = { ...PLAIN, ...settings };
    expect([...(await countDraws(rowOf([-1e9, 0, 3, 1, 3]), parameters, evenly(64)))]).toEqual([[2, 64]]);
    // No token is as probable as the first threshold of the search.
    const flat = rowOf(Array.from({ length: 2000 }, (_token, id) => (id === 700 ? 1 : 0)));
    expect([...(await countDraws(flat, parameters, evenly(16)))]).toEqual([[700, 16]]);
  });

  it('draws a token with a probability when rounding left their sum below the draw', async () => {
    const row = { probabilities: [0, 0.5, 0.4375, 0], logits: [-1e9, -0.69, -0.83, -1e9] };
    for (const settings of [{}, { topK: 3 }, { topP: 0.99 }, { topP: 0.99, topK: 2 }, { typicalP: 0.99 }]) {
      const counts = await countDraws(row, { ...PLAIN, ...settings }, [1 - 2 ** -53]);
      expect([...counts]).toEqual([[2, 1]]);
    }
  });

  it('never draws <unk>, whatever its bias and penalties', async () => {
    const logitBias = new Map([[0, 100]]);
    const parameters = { ...PLAIN, logitBias, repetitionPenalty: 1e-9, presencePenalty: -2, frequencyPenalty: -2 };
    const counts = await countDraws(rowOf([-1e9, 1, 2]), parameters, evenly(64), {
      prompt: [0, 0, 1],
      generated: [2],
      banEos: false,
    });
    expect(counts.has(0)).toBe(false);
    // Every other logit is taken below its own.
    const strong = { ...PLAIN, repetitionPenalty: 1000 };
    for (const temperature of [0, 1, 2]) {
      const all = { ...NOTHING, prompt: [1, 2] };
      const drawn = await countDraws(rowOf([-1000, -3, -4]), { ...strong, temperature }, evenly(8), all);
      expect([...drawn]).toEqual([[1, 8]]);
    }
  });

  it('draws the rest in its own proportions when almost all of the probability is banned', async () => {
    // Beside the banned one the others are below the range of float32.
    for (const gap of [1, 10, 30, 200]) {
      const row = rowOf([-1e9, gap, 0, Math.log(3)]);
      const counts = await countDraws(row, PLAIN, evenly(400), { ...NOTHING, banEos: true });
      expect([...counts].sort()).toEqual([
        [2, 100],
        [3, 300],
      ]);
    }
  });

  it('lets n-grams repeat when every token would repeat one', async () => {
    const parameters = { ...PLAIN, noRepeatNgramSize: 1 };
    const row = rowOf([-1e9, 0, 0, 0]);
    const all = { prompt: [1, 2, 3], generated: [], banEos: false };
    expect([...(await countDraws(row, parameters, evenly(300), all)).values()]).toEqual([100, 100, 100]);
    const ended = await countDraws(row, parameters, evenly(300), { ...all, banEos: true });
    expect([...ended].sort()).toEqual([
      [2, 150],
      [3, 150],
    ]);
  });
});
