import { afterEach, describe, expect, it } from 'vitest';
import { initializeParameters, Parameters } from '../model/parameters.js';
import { UNKNOWN_ID } from '../tokenizer/index.js';
import type { BackgroundScorer, Scoring } from './background-scorer.js';
import type { TokenScore } from './token-score.js';
import { draw, openDecodeStand, sequenceOf, submitJob, tokensOf, type DecodeStand } from './testing/decode-stand.js';

const V = 30;
const opened: DecodeStand[] = [];

async function open(capacity = 4): Promise<DecodeStand> {
  const parameters = new Parameters({ vocabularySize: V, embeddingDim: 4, lstmUnits: 6, numLayers: 2 });
  initializeParameters(parameters, 1);
  const stand = await openDecodeStand(parameters, capacity);
  opened.push(stand);
  return stand;
}

afterEach(async () => {
  for (const { loop } of opened.splice(0)) await loop.close();
});

function score(background: BackgroundScorer, texts: readonly (readonly number[])[]): Promise<Scoring> {
  return new Promise((finished, failed) => background.submit(texts, { finished, failed }));
}

function textOf(length: number, start = 1): number[] {
  return Array.from({ length }, (_, i) => (start + i * i) % V);
}

/** The loss of a text as the scores of a prompt tell it. */
async function promptLoss({ loop }: DecodeStand, ids: readonly number[]): Promise<number> {
  let found: readonly TokenScore[] = [];
  const promptScores = { top: 0, onScores: (scores: readonly TokenScore[]) => (found = scores) };
  const sequences = [sequenceOf({ maxTokens: 0 }, () => undefined)];
  await submitJob(loop, { prompt: [1, ...ids], promptScores, sequences }).ended;
  return -found.reduce((sum, { logprob }) => sum + logprob, 0) / ids.length;
}

describe('BackgroundScorer', () => {
  it('scores texts of all lengths, side by side, as their prompts are scored', async () => {
    const stand = await open();
    const texts = [1, 5, 40, 3, 17, 2, 9, 12, 30, 4, 8].map((length, index) => textOf(length, index));
    const { scores, computeMs } = await score(stand.background, texts);
    for (const [index, ids] of texts.entries()) {
      expect(scores[index]!.lossNats).toBeCloseTo(await promptLoss(stand, ids), 5);
      expect(scores[index]!.tokens).toBe(ids.length);
    }
    expect(computeMs).toBeGreaterThan(0);
  });

  it('counts unknown words and has nothing to say of an empty text', async () => {
    const { background } = await open();
    const { scores } = await score(background, [[5, UNKNOWN_ID, 7, UNKNOWN_ID], []]);
    expect(scores.map(({ tokens, unknownTokens }) => [tokens, unknownTokens])).toEqual([
      [4, 2],
      [0, 0],
    ]);
    expect(scores[1]!.lossNats).toBe(0);
    expect(await score(background, [])).toEqual({ scores: [], computeMs: 0 });
    expect(await score(background, [[]])).toMatchObject({ scores: [{ tokens: 0 }], computeMs: 0 });
  });

  it('makes a step at each turn when nothing is generated', async () => {
    const { background } = await open();
    await score(background, [textOf(20), textOf(12), textOf(20)]);
    expect(background.steps).toBe(20);
  });

  it('makes one step in eight turns while a text is generated, and changes nothing about that text', async () => {
    const { loop, background } = await open();
    const expected = await tokensOf(loop, { seed: 3n, maxTokens: 80, ignoreEos: true });
    const long = score(background, [textOf(500)]);
    const stepsBefore = [loop.steps, background.steps];
    expect(await tokensOf(loop, { seed: 3n, maxTokens: 80, ignoreEos: true })).toEqual(expected);
    expect(loop.steps - stepsBefore[0]!).toBe(80);
    // The first turns may come before the text has joined; after that one in eight.
    expect(background.steps - stepsBefore[1]!).toBeLessThanOrEqual(80 / 8 + 2);
    expect(background.steps - stepsBefore[1]!).toBeGreaterThanOrEqual(80 / 8 - 1);
    expect((await long).scores[0]!.tokens).toBe(500);
  });

  it('that fails tells who waits for it, and nobody else', async () => {
    const { loop, background } = await open();
    const expected = await tokensOf(loop, { seed: 4n, maxTokens: 30 });
    const generated = draw(loop, { seed: 4n, maxTokens: 30 });
    await expect(score(background, [[3, V, 4]])).rejects.toThrow(/indices element out of data bounds/);
    await generated.end;
    expect(generated.tokens).toEqual(expected);
    expect((await score(background, [[3, 4]])).scores[0]!.tokens).toBe(2);
  });

  it('gives up when the loop is closed, which waits for it no longer than for a step', async () => {
    const { loop, background } = await open();
    const all = Array.from({ length: 20 }, () => score(background, [textOf(1000)]));
    const ended = Promise.allSettled(all);
    await loop.close();
    for (const result of await ended)
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'server_is_overloaded' } });
    expect(background.steps).toBeLessThan(5);
    await expect(score(background, [[1]])).rejects.toMatchObject({ code: 'server_is_overloaded' });
  });
});
