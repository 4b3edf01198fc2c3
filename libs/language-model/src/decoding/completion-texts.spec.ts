import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CompletionEngine } from './completion-engine.js';
import type { CompletionChoice } from './completion-request.js';
import { complete, request, streamed, trainStand, type Overrides, type TrainedStand } from './testing/trained-stand.js';

let stand: TrainedStand;
let engine: CompletionEngine;

beforeAll(async () => {
  stand = await trainStand();
  engine = await stand.open();
});
afterAll(async () => {
  await stand.close();
});

describe('several texts of one prompt', () => {
  it('begin with those of a request for fewer, and are what each seed gives alone', async () => {
    const { choices, completionTokens } = await engine.complete(request({ choices: 4, bestOf: 4 }));
    const two = await engine.complete(request({ choices: 2, bestOf: 2 }));
    expect(choices.slice(0, 2)).toEqual(two.choices);
    const third = await complete(engine, { firstChoice: 2 });
    expect(choices[2]).toMatchObject({ text: third.text });
    expect(new Set(choices.map(({ text }) => text)).size).toBe(4);
    expect(completionTokens).toBeGreaterThan(two.completionTokens);
  });

  it('are, with best_of, those with the highest mean log-probability per token, best first', async () => {
    const settings = { logprobs: 0, maxTokens: 12, ignoreEos: true };
    const mean = ({ logprobs }: CompletionChoice): number =>
      logprobs!.tokenLogprobs.reduce<number>((sum, value) => sum + value!, 0) / logprobs!.tokens.length;
    const all = await engine.complete(request({ ...settings, choices: 8, bestOf: 8 }));
    const best = await engine.complete(request({ ...settings, choices: 3, bestOf: 8 }));
    expect(best.choices).toEqual(all.choices.toSorted((a, b) => mean(b) - mean(a)).slice(0, 3));
    expect(best.completionTokens).toBe(all.completionTokens);
  });
});

describe('the echo', () => {
  it('is the prompt as it was sent, before each text', async () => {
    const prompt = 'The  old captain';
    const { choices } = await engine.complete(request({ prompt, choices: 2, bestOf: 2 }));
    const echoed = await engine.complete(request({ prompt, choices: 2, bestOf: 2, echo: true }));
    expect(echoed.choices.map(({ text }) => text)).toEqual(choices.map(({ text }) => prompt + text));
    const ids = engine.tokenizer.encode('the garden');
    expect(await complete(engine, { prompt: ids, echo: true, maxTokens: 0 })).toMatchObject({
      text: 'the garden',
      completionTokens: 0,
      finishReason: 'length',
    });
  });

  it('scores the prompt: no score for the first token, and for the others those of the text that was generated', async () => {
    // In int8 the scores differ a little: a prompt is read in float32 before a text, and in int8 where it is scored.
    const exact = await stand.open({ precision: 'float32' });
    const settings = { prompt: 'The', logprobs: 2, maxTokens: 10, ignoreEos: true };
    const drafts = await Promise.all([1n, 2n, 3n, 4n, 5n, 6n].map((seed) => complete(exact, { ...settings, seed })));
    // A text need not be read as the tokens that it was written with: a mark of case before a mark leaves no trace.
    const generated = drafts.find(({ text }) => exact.tokenizer.encode(`The${text}`).length === 12)!;
    const text = `The${generated.text}`;
    const scored = await complete(exact, { prompt: text, logprobs: 2, maxTokens: 0, echo: true });
    const { tokens, tokenLogprobs, topLogprobs, textOffset } = scored.logprobs!;
    expect(scored.text).toBe(text);
    expect(tokens.join('')).toBe(text);
    expect([tokenLogprobs[0], topLogprobs[0]]).toEqual([null, null]);
    expect(textOffset).toEqual(tokens.map((_, i) => tokens.slice(0, i).join('').length));
    const offset = tokens.length - generated.logprobs!.tokens.length;
    generated.logprobs!.tokenLogprobs.forEach((logprob, i) => {
      expect(tokenLogprobs[offset + i]!).toBeCloseTo(logprob!, 3);
    });
  });
});

describe('log-probabilities', () => {
  it('stand beside each token, with the most probable ones and the chosen one', async () => {
    const { text, logprobs } = await complete(engine, { logprobs: 3, seed: 4n, temperature: 1.5 });
    const { tokens, tokenLogprobs, topLogprobs, textOffset } = logprobs!;
    expect(tokens.join('')).toBe(text);
    expect([tokenLogprobs, topLogprobs, textOffset].map(({ length }) => length)).toEqual(Array(3).fill(tokens.length));
    tokens.forEach((token, i) => {
      const top = topLogprobs[i]!;
      expect([3, 4]).toContain(Object.keys(top).length);
      expect(tokenLogprobs[i]).toBeLessThanOrEqual(Math.max(...Object.values(top)));
      expect(Object.values(top)).toContain(tokenLogprobs[i]);
      if (token !== '') expect(top[token]).toBe(tokenLogprobs[i]);
    });
  });

  it('are told of the chosen token alone when none other is asked for', async () => {
    const { logprobs } = await complete(engine, { logprobs: 0 });
    for (const top of logprobs!.topLogprobs) expect(Object.keys(top!)).toHaveLength(1);
  });

  it('do not change with temperature, penalties and bias', async () => {
    const first = async (overrides: Overrides): Promise<Record<string, number>> =>
      (await complete(engine, { ...overrides, logprobs: 5, maxTokens: 1, temperature: 0 })).logprobs!.topLogprobs[0]!;
    const plain = await first({});
    const best = engine.tokenizer.encode('the')[0]!;
    const biased = await first({ logitBias: new Map([[best, 5]]), repetitionPenalty: 1.5 });
    for (const [token, logprob] of Object.entries(plain)) {
      if (token in biased) expect(biased[token]).toBeCloseTo(logprob, 5);
    }
  });

  it('of a token that a stop string cuts in two are told with the part that stays', async () => {
    const whole = await complete(engine, { seed: 3n, maxTokens: 30 });
    const word = whole.text.trim().split(/\s+/u)[3]!;
    const stop = word.slice(1);
    const { text, logprobs } = await complete(engine, { seed: 3n, maxTokens: 30, stop: [stop], logprobs: 1 });
    expect(text).toBe(whole.text.slice(0, whole.text.indexOf(stop)));
    expect(logprobs!.tokens.join('')).toBe(text);
    expect(await streamed(engine, { seed: 3n, maxTokens: 30, stop: [stop], logprobs: 1 })).toEqual([
      { text, logprobs, finishReason: 'stop' },
    ]);
  });
});

describe('limits of a text', () => {
  it('let no stop string count before the least number of tokens', async () => {
    const whole = await complete(engine, { seed: 3n, maxTokens: 20, ignoreEos: true });
    const stop = whole.text.trim().split(/\s+/u)[1]!;
    const { text, completionTokens } = await complete(engine, {
      seed: 3n,
      maxTokens: 20,
      ignoreEos: true,
      minTokens: 15,
      stop: [stop],
    });
    expect(completionTokens).toBeGreaterThanOrEqual(15);
    expect(text).toContain(stop);
  });

  it('keep the last tokens of a prompt that is to be cut', async () => {
    const ids = engine.tokenizer.encode('The ship carried the old captain');
    const cut = await complete(engine, { prompt: ids, truncatePromptTokens: 3 });
    expect(cut).toEqual(await complete(engine, { prompt: ids.slice(-3) }));
    expect(cut.promptTokens).toBe(3);
  });
});

describe('beam search', () => {
  const beams = (width: number, choices = 1): Overrides => ({
    beamSearch: { width, lengthPenalty: 0 },
    choices,
    bestOf: choices,
    maxTokens: 12,
    ignoreEos: true,
    logprobs: 1,
  });
  const sum = ({ logprobs }: CompletionChoice): number =>
    logprobs!.tokenLogprobs.reduce<number>((total, logprob) => total + logprob!, 0);

  it('with one beam takes the most probable token each time', async () => {
    const greedy = await complete(engine, { temperature: 0, maxTokens: 12, ignoreEos: true, logprobs: 1 });
    const found = await complete(engine, beams(1));
    expect(found.text).toBe(greedy.text);
    expect(sum(found)).toBeCloseTo(sum(greedy), 4);
  });

  it('with more finds texts that are different, best first, and no less probable', async () => {
    const greedy = await complete(engine, { temperature: 0, maxTokens: 12, ignoreEos: true, logprobs: 1 });
    const { choices, completionTokens } = await engine.complete(request(beams(6, 4)));
    const sums = choices.map(sum);
    expect(sums).toEqual(sums.toSorted((a, b) => b - a));
    expect(sums[0]).toBeGreaterThanOrEqual(sum(greedy) - 1e-4);
    expect(new Set(choices.map(({ logprobs }) => logprobs!.tokens.join('|'))).size).toBe(4);
    expect(completionTokens).toBeGreaterThan(12);
  });

  it('finds the same beside other texts that come and go', async () => {
    const alone = await engine.complete(request(beams(4, 2)));
    const others = [1n, 2n, 3n, 4n, 5n].map((seed) => complete(engine, { seed, maxTokens: 3 + Number(seed) * 4 }));
    const beside = await engine.complete(request(beams(4, 2)));
    await Promise.all(others);
    expect(beside.choices).toEqual(alone.choices);
  });

  it('ends texts at a stop string', async () => {
    const plain = await complete(engine, beams(3));
    const stop = plain.text.trim().split(/\s+/u)[2]!;
    const stopped = await complete(engine, { ...beams(3), stop: [stop] });
    expect(stopped.text).not.toContain(stop);
  });

  it('is refused when it is wider than the batch', async () => {
    await expect(complete(engine, beams(9))).rejects.toMatchObject({ code: 'invalid_value', param: 'beam_width' });
  });
});
