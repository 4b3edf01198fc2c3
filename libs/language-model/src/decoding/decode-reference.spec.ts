import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Parameters } from '../model/parameters.js';
import { fillUniform } from '../model/random.js';
import { referenceLogits } from '../model/reference-logits.js';
import type { BeamSearchOptions, Hypothesis } from '../sampling/beam-search.js';
import { definition, rowOf } from '../sampling/sampling-definition.js';
import type { SamplingParameters } from './completion-request.js';
import { PLAIN_SAMPLING } from './plain-request.js';
import { openDecodeStand, submitJob, tokensOf, type DecodeStand } from './testing/decode-stand.js';

const V = 14;
const PROMPT = [1, 5, 9, 5, 3];

const parameters = new Parameters({ vocabularySize: V, embeddingDim: 4, lstmUnits: 6, numLayers: 2 });
let stand: DecodeStand;

beforeAll(async () => {
  parameters.specs.forEach(({ name }, index) => {
    const view = parameters.view(name);
    fillUniform(view, 11, 0, index);
    for (let i = 0; i < view.length; i++) view[i] = (name.endsWith('gain') ? 1 : 0) + 2 * (view[i]! - 0.5);
  });
  stand = await openDecodeStand(parameters, 16);
});

afterAll(async () => stand.loop.close());

const nextLogits = (text: readonly number[]): number[] => referenceLogits(parameters, text).at(-1)!;

/** The largest logit each time, by the definitions in plain arrays. */
function greedy(settings: Partial<SamplingParameters>, length: number): number[] {
  const sampling = { ...PLAIN_SAMPLING, ...settings, temperature: 0 };
  const generated: number[] = [];
  while (generated.length < length) {
    const row = rowOf(nextLogits([...PROMPT, ...generated]));
    const [token] = definition(row, sampling, { prompt: PROMPT.slice(1), generated, banEos: true }).keys();
    generated.push(token!);
  }
  return generated;
}

interface Text {
  readonly tokens: number[];
  readonly score: number;
}

/** Beam search with lists, every continuation looked at and nothing stopped early. */
function beams(options: BeamSearchOptions): Text[] {
  const found: Text[] = [];
  let live: { tokens: number[]; sum: number }[] = [{ tokens: [], sum: 0 }];
  for (let length = 1; length <= options.maxTokens; length++) {
    const next: typeof live = [];
    for (const { tokens, sum } of live) {
      const logits = nextLogits([...PROMPT, ...tokens]);
      const logOfSum = Math.log(logits.reduce((total, logit) => total + Math.exp(logit), 0));
      logits.forEach((logit, id) => {
        const total = sum + logit - logOfSum;
        if (id === 1) found.push({ tokens, score: total / length ** options.lengthPenalty });
        else if (id > 1) next.push({ tokens: [...tokens, id], sum: total });
      });
    }
    live = next.sort((a, b) => b.sum - a.sum).slice(0, options.width);
  }
  for (const { tokens, sum } of live) found.push({ tokens, score: sum / options.maxTokens ** options.lengthPenalty });
  return found.sort((a, b) => b.score - a.score).slice(0, options.choices);
}

async function search(options: BeamSearchOptions): Promise<readonly Hypothesis[]> {
  let result: readonly Hypothesis[] = [];
  const beam = { ...options, logprobs: null, endsText: () => false, onEnd: (found: typeof result) => (result = found) };
  await submitJob(stand.loop, { prompt: PROMPT, beam }).ended;
  return result;
}

describe('decoding agrees with a plain implementation of model and method:', () => {
  it.each<[string, Partial<SamplingParameters>]>([
    ['greedy', {}],
    ['greedy under a repetition penalty', { repetitionPenalty: 1.5 }],
    ['greedy under presence and frequency penalties', { presencePenalty: 0.3, frequencyPenalty: 0.2 }],
    ['greedy under a bias', { logitBias: new Map([[6, 1.5]]) }],
    ['greedy without repeated 2-grams', { noRepeatNgramSize: 2 }],
  ])('%s', async (_name, settings) => {
    const drawn = await tokensOf(stand.loop, {
      ...settings,
      prompt: PROMPT,
      temperature: 0,
      maxTokens: 40,
      ignoreEos: true,
    });
    expect(drawn).toEqual(greedy(settings, 40));
  });

  it.each([
    [1, 1, 0],
    [3, 2, 1],
    [5, 5, 1],
    [8, 4, 0.5],
    [16, 16, 2],
  ])('beam search of width %d for %d texts with length penalty %d', async (width, choices, lengthPenalty) => {
    const options = { width, choices, lengthPenalty, maxTokens: 12, minTokens: 0, ignoreEos: false };
    const found = await search(options);
    const expected = beams(options);
    expect(found.map(({ tokens }) => tokens)).toEqual(expected.map(({ tokens }) => tokens));
    found.forEach(({ score }, i) => {
      expect(score).toBeCloseTo(expected[i]!.score, 4);
    });
  });
});
