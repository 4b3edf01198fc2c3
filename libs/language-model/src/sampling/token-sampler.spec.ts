import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SamplingParameters } from '../decoding/completion-request.js';
import { SamplingPlan } from './sampling-plan.js';
import { TokenSampler } from './token-sampler.js';

const PLAIN: SamplingParameters = {
  temperature: 1,
  topP: 1,
  topK: 0,
  minP: 0,
  typicalP: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  repetitionPenalty: 1,
  noRepeatNgramSize: 0,
  logitBias: new Map(),
};

/** What came before a draw. */
interface Before {
  readonly prompt: readonly number[];
  readonly generated: readonly number[];
  readonly banEos: boolean;
}

const NOTHING: Before = { prompt: [], generated: [], banEos: false };

/** Logits as the graph gives them, with the probabilities at a temperature. */
interface Row {
  readonly logits: readonly number[];
  readonly probabilities: readonly number[];
}

function softmax(logits: readonly number[], temperature: number): number[] {
  const max = Math.max(...logits);
  const weights = logits.map((logit) => Math.exp((logit - max) / temperature));
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / sum);
}

function rowOf(logits: readonly number[], temperature = 1): Row {
  const single = logits.map(Math.fround);
  return { logits: single, probabilities: softmax(single, temperature || 1) };
}

/** Logits by the definitions of vLLM (penalties, bias) and Hugging Face (n-grams), in doubles. */
function adjusted(logits: readonly number[], p: SamplingParameters, { prompt, generated, banEos }: Before): number[] {
  const text = [...prompt, ...generated];
  const context = text.slice(text.length - p.noRepeatNgramSize + 1).join();
  const result = logits.map((logit, id) => {
    if (id === 0 || (id === 1 && banEos)) return -Infinity;
    for (let end = p.noRepeatNgramSize; p.noRepeatNgramSize > 0 && end <= text.length; end++) {
      const ngram = text.slice(end - p.noRepeatNgramSize, end);
      if (ngram.at(-1) === id && ngram.slice(0, -1).join() === context) return -Infinity;
    }
    let z = logit;
    if (text.includes(id)) z = z > 0 ? z / p.repetitionPenalty : z * p.repetitionPenalty;
    const count = generated.filter((other) => other === id).length;
    return z - p.frequencyPenalty * count - (count > 0 ? p.presencePenalty : 0) + (p.logitBias.get(id) ?? 0);
  });
  if (result.some((logit) => logit > -Infinity)) return result;
  return adjusted(logits, { ...p, noRepeatNgramSize: 0 }, { prompt, generated, banEos });
}

type Candidate = Readonly<{ id: number; p: number; logit: number }>;

/** The first candidates that together reach a share of all. */
function reach(candidates: readonly Candidate[], share: number): Candidate[] {
  const whole = candidates.reduce((sum, { p }) => sum + p, 0);
  const kept: Candidate[] = [];
  let reached = 0;
  for (const candidate of candidates) {
    if (kept.length > 0 && reached >= share * whole) break;
    kept.push(candidate);
    reached += candidate.p;
  }
  return kept;
}

/** What may be drawn and how often, by the definition: sort, cut, scale to 1. */
function definition(row: Row, parameters: SamplingParameters, before = NOTHING): Map<number, number> {
  const logits = adjusted(row.logits, parameters, before);
  const changed = logits.some((logit, id) => id > 0 && logit !== row.logits[id]);
  const probabilities = changed ? softmax(logits, parameters.temperature || 1) : row.probabilities;
  let kept: Candidate[] = probabilities
    .map((p, id) => ({ id, p, logit: logits[id]! }))
    .filter(({ id, p }) => id > 0 && p > 0)
    .sort((a, b) => b.logit - a.logit || a.id - b.id);
  if (parameters.temperature === 0) kept = kept.slice(0, 1);
  if (parameters.topK > 0) kept = kept.slice(0, parameters.topK);
  if (parameters.topP < 1) kept = reach(kept, parameters.topP);
  const most = kept[0]!.p;
  kept = kept.filter(({ p }) => p >= parameters.minP * most);
  if (parameters.typicalP < 1) {
    kept.sort((a, b) => a.id - b.id);
    const whole = kept.reduce((sum, { p }) => sum + p, 0);
    const mean = kept.reduce((sum, { p, logit }) => sum + p * logit, 0) / whole;
    // -ln p - H = E x - x, with x the logit over the temperature; in float32 as the sampler, so that ties are the same ones.
    const distance = ({ logit }: Candidate): number => Math.fround(Math.abs(logit - mean));
    kept = reach(
      kept.sort((a, b) => distance(a) - distance(b) || a.id - b.id),
      parameters.typicalP,
    );
  }
  const sum = kept.reduce((total, { p }) => total + p, 0);
  return new Map(kept.map(({ p, id }) => [id, p / sum]));
}

function planOf(parameters: SamplingParameters, before: Before): SamplingPlan {
  const plan = new SamplingPlan(parameters, before.prompt);
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

const share = fc.oneof(
  fc.constant(1),
  fc.nat(UNITS).map((units) => units / UNITS),
);

const cutOffs = fc.record({
  topP: share,
  topK: fc.oneof(fc.constant(0), fc.nat(45)),
  minP: fc.oneof(
    fc.constant(0),
    fc.integer({ min: 0, max: 32 }).map((units) => units / 32),
  ),
  typicalP: share,
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
      { numRuns: 200 },
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
});
