import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { philox, toUnit } from '../model/random.js';
import { BeamSearch, type BeamSearchOptions, type Hypothesis } from './beam-search.js';
import type { PositionScore } from './token-scorer.js';

/** `<unk>`, the document token, and three words. */
const V = 5;
const END = 1;
const WORDS = [2, 3, 4];

type Model = (text: readonly number[]) => number[];

/** Log-probabilities that depend on all of the text, in steps of 1/8 that often make sums equal. */
function tinyModel(seed: number): Model {
  return (text) => {
    const key = text.reduce((hash, id) => (hash * 31 + id) % 1_000_003, 7);
    const logits = Array.from({ length: V }, (_, id) => {
      const [high, low] = philox(seed, key, id, text.length);
      return id === 0 ? -Infinity : -Math.ceil(toUnit(high, low) * 40) / 8;
    });
    return logits; // not normalised: a search needs only that they are at most 0
  };
}

const position = (logprobs: readonly number[], count: number): PositionScore => ({
  top: logprobs
    .map((logprob, id) => ({ id, logprob }))
    .filter(({ id }) => id > 0)
    .sort((a, b) => b.logprob - a.logprob || a.id - b.id)
    .slice(0, count),
  logOfSum: 0,
});

/** Runs the search as the decode loop does; rows carry the texts. */
function search(model: Model, options: BeamSearchOptions, ends: (tokens: readonly number[]) => boolean): Hypothesis[] {
  const beams = new BeamSearch(options);
  let texts: number[][] = [[]];
  for (;;) {
    const logprobs = texts.map(model);
    const step = beams.advance(
      logprobs.map((row) => position(row, beams.topCount)),
      logprobs.map((row) => row[END]!),
      ends,
    );
    if (!step) return [...beams.results];
    texts = step.parents.map((parent, i) => [...texts[parent]!, step.tokens[i]!]);
  }
}

interface Found {
  readonly tokens: readonly number[];
  readonly score: number;
}

const best = (found: readonly Found[], count: number): Found[] =>
  [...found].sort((a, b) => b.score - a.score).slice(0, count);

const bare = (found: readonly Found[]): Found[] => found.map(({ tokens, score }) => ({ tokens, score }));

/** The definition, with lists and without stopping early. */
function reference(model: Model, o: BeamSearchOptions, ends: (tokens: readonly number[]) => boolean): Found[] {
  const found: Found[] = [];
  let live = [{ tokens: [] as number[], sum: 0 }];
  for (let length = 1; length <= o.maxTokens; length++) {
    const score = (sum: number): number => sum / length ** o.lengthPenalty;
    const next: typeof live = [];
    for (const { tokens, sum } of live) {
      const logprobs = model(tokens);
      if (!o.ignoreEos && length > o.minTokens) found.push({ tokens, score: score(sum + logprobs[END]!) });
      for (const { id, logprob } of position(logprobs, 2 * o.width).top.toSorted((a, b) => a.id - b.id))
        if (id !== END) next.push({ tokens: [...tokens, id], sum: sum + logprob });
    }
    // A stable sort: equal ones stay in the order of beam and id.
    next.sort((a, b) => b.sum - a.sum);
    live = [];
    for (const beam of next) {
      if (live.length === o.width) break;
      if (length >= o.minTokens && ends(beam.tokens)) found.push({ tokens: beam.tokens, score: score(beam.sum) });
      else live.push(beam);
    }
  }
  for (const { tokens, sum } of live) found.push({ tokens, score: sum / o.maxTokens ** o.lengthPenalty });
  return best(found, o.choices);
}

/** Every text there is. */
function exhaustive(model: Model, o: BeamSearchOptions, tokens: number[] = [], sum = 0): Found[] {
  const logprobs = model(tokens);
  const length = tokens.length + 1;
  const found: Found[] = [];
  if (!o.ignoreEos && length > o.minTokens)
    found.push({ tokens, score: (sum + logprobs[END]!) / length ** o.lengthPenalty });
  for (const id of WORDS) {
    const text = [...tokens, id];
    const total = sum + logprobs[id]!;
    if (length === o.maxTokens) found.push({ tokens: text, score: total / length ** o.lengthPenalty });
    else found.push(...exhaustive(model, o, text, total));
  }
  return found;
}

const anyOptions = fc
  .record({
    width: fc.integer({ min: 1, max: 5 }),
    lengthPenalty: fc.constantFrom(0, 1, 0.5, 2, -1),
    choices: fc.integer({ min: 1, max: 5 }),
    maxTokens: fc.integer({ min: 1, max: 8 }),
    minTokens: fc.nat(5),
    ignoreEos: fc.boolean(),
  })
  .map((o) => ({ ...o, choices: Math.min(o.choices, o.width), minTokens: Math.min(o.minTokens, o.maxTokens) }));

const never = (): boolean => false;

describe('BeamSearch', () => {
  it('finds what the plain definition without early stopping finds, in the same order', () => {
    fc.assert(
      fc.property(fc.nat(), anyOptions, fc.nat(6), (seed, options, stop) => {
        const model = tinyModel(seed);
        const ends = (tokens: readonly number[]): boolean =>
          tokens.slice(-2).reduce((a, b) => a * 3 + b, 0) % 11 === stop;
        expect(bare(search(model, options, ends))).toEqual(reference(model, options, ends));
      }),
      { numRuns: 500 },
    );
  });

  it('finds the best texts of all when no beam is left out', () => {
    fc.assert(
      fc.property(fc.nat(), anyOptions, (seed, some) => {
        const options = { ...some, maxTokens: Math.min(some.maxTokens, 5), minTokens: 0, width: 3 ** 4 };
        const model = tinyModel(seed);
        const scores = (found: readonly Found[]): number[] => found.map(({ score }) => score);
        expect(scores(search(model, options, never))).toEqual(
          scores(best(exhaustive(model, options), options.choices)),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('is greedy with one beam', () => {
    for (let seed = 0; seed < 50; seed++) {
      const model = tinyModel(seed);
      const greedy: number[] = [];
      for (let i = 0; i < 8; i++) {
        const logprobs = model(greedy);
        greedy.push(WORDS.reduce((a, b) => (logprobs[b]! > logprobs[a]! ? b : a)));
      }
      const options = { width: 1, lengthPenalty: 1, choices: 1, maxTokens: 8, minTokens: 0, ignoreEos: true };
      expect(search(model, options, never)).toMatchObject([{ tokens: greedy, finishReason: 'length' }]);
    }
  });

  it('tells the log-probabilities of each text along its own path', () => {
    fc.assert(
      fc.property(fc.nat(), anyOptions, (seed, options) => {
        const model = tinyModel(seed);
        for (const { tokens, logprobs, top } of search(model, options, never)) {
          tokens.forEach((id, i) => {
            const expected = model(tokens.slice(0, i));
            expect(logprobs[i]).toBe(expected[id]);
            expect(top[i]).toEqual(position(expected, 2 * options.width).top);
          });
        }
      }),
    );
  });

  it('stops as soon as no beam can come to a better score', () => {
    // The end is almost certain at once; every other way is long and unlikely.
    const beams = new BeamSearch({
      width: 2,
      lengthPenalty: 0,
      choices: 1,
      maxTokens: 1000,
      minTokens: 0,
      ignoreEos: false,
    });
    expect(beams.advance([position([-Infinity, -0.1, -5, -6, -7], 3)], [-0.1])).toBeUndefined();
    expect(beams.results).toMatchObject([{ tokens: [], score: -0.1, finishReason: 'stop' }]);
  });
});
