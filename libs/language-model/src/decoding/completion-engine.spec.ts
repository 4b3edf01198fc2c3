import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CompletionEngine } from './completion-engine.js';
import { complete, request, streamed, trainStand, type OneText, type TrainedStand } from './testing/trained-stand.js';

let stand: TrainedStand;
let engine: CompletionEngine;

beforeAll(async () => {
  stand = await trainStand();
  engine = await stand.open();
});
afterAll(async () => {
  await stand.close();
});

describe('CompletionEngine', () => {
  it('says what it has loaded', () => {
    const { config, tokenizer } = engine;
    expect(config).toMatchObject({ preset: 'small', lstmUnits: 16, vocabularySize: tokenizer.vocabularySize });
  });

  it('computes with the precision it is told to, by default with int8 where that has held', async () => {
    const { held } = engine.config.quantization!;
    expect(engine.precision).toBe(held ? 'int8' : 'float32');
    for (const precision of ['float32', 'int8'] as const) {
      const told = await stand.open({ precision });
      expect(told.precision).toBe(precision);
      const alone = await complete(told, { seed: 3n });
      const beside = await Promise.all(Array.from({ length: 8 }, (_, i) => complete(told, { seed: BigInt(i) })));
      expect(beside[3]).toEqual(alone);
    }
  });

  it('writes the language that it was trained on: sentences without <unk>, after a space', async () => {
    const texts = await Promise.all(
      Array.from({ length: 20 }, (_, i) => complete(engine, { seed: BigInt(i), temperature: 0.7 })),
    );
    for (const { text, promptTokens } of texts) {
      expect(text).not.toContain('<unk>');
      expect(text === '' || /^[ .,]/u.test(text), text).toBe(true);
      expect(promptTokens).toBe(engine.tokenizer.encode('The old captain').length);
    }
    const words = texts.map(({ text }) => text).join(' ');
    for (const word of ['the', 'garden', 'carried']) expect(words).toContain(word);
  });

  it('gives the same text for the same seed, alone and beside others, and another for another', async () => {
    const other = await stand.open({ maxBatchSize: 3 });
    const alone = await complete(other, { seed: 7n });
    const beside = await Promise.all(Array.from({ length: 9 }, (_, i) => complete(other, { seed: BigInt(i) })));
    expect(beside[7]).toEqual(alone);
    expect(new Set(beside.map(({ text }) => text)).size).toBeGreaterThan(5);
  });

  it('gives the same texts with three threads as with one, and keeps all of them busy', async () => {
    const [one, three] = [await stand.open({ threads: 1 }), await stand.open({ threads: 3 })];
    const texts = (of: CompletionEngine): Promise<OneText[]> =>
      Promise.all(Array.from({ length: 12 }, (_, i) => complete(of, { seed: BigInt(i) })));
    const underWay = texts(three);
    expect(three.activity).toMatchObject({ threads: 3, pending: 12, capacity: 8 });
    expect(await underWay).toEqual(await texts(one));
    expect(three.activity).toMatchObject({ pending: 0, liveRows: 0, advancedRows: one.activity.advancedRows });
    expect(three.activity.steps).toBeGreaterThan(one.activity.steps);
  });

  it('lets the event loop turn while it hands over texts that end together', async () => {
    const wide = await stand.open({ maxBatchSize: 32 });
    let turns = 0;
    let ended = 0;
    let endedInTurn = 0;
    let most = 0;
    const count = (): void => {
      turns++;
      endedInTurn = 0;
      if (ended < 32) setImmediate(count);
    };
    count();
    const texts = Array.from({ length: 32 }, async (_, i) => {
      await wide.complete({ ...request({ seed: BigInt(i), maxTokens: 12 }), ignoreEos: true });
      ended++;
      most = Math.max(most, ++endedInTurn);
    });
    await Promise.all(texts);
    expect(turns).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(8);
  });

  it('starts no more threads than it may decode sequences', async () => {
    const small = await stand.open({ threads: 5, maxBatchSize: 2 });
    expect(small.activity.threads).toBe(2);
  });

  it.each([
    {},
    { topK: 5 },
    { topP: 0.8 },
    { minP: 0.05 },
    { typicalP: 0.8 },
    { temperature: 0 },
    { repetitionPenalty: 1.3 },
    { presencePenalty: 1 },
    { noRepeatNgramSize: 2 },
    { logitBias: new Map([[7, 2]]) },
    { minTokens: 12 },
    { ignoreEos: true },
    { logprobs: 1 },
  ])('gives the same text with %j whether others need logits or not', async (settings) => {
    const alone = await complete(engine, { seed: 11n, maxTokens: 30, ...settings });
    const [beside] = await Promise.all([
      complete(engine, { seed: 11n, maxTokens: 30, ...settings }),
      complete(engine, { seed: 12n, maxTokens: 60, logprobs: 2, ignoreEos: true }),
    ]);
    expect(beside).toEqual(alone);
    expect(alone.text).not.toBe('');
  });

  it('passes the text on in pieces that make up the whole', async () => {
    const settings = { maxTokens: 40, logprobs: 2, choices: 2, bestOf: 2, echo: true };
    const { choices } = await engine.complete(request(settings));
    expect(await streamed(engine, settings)).toEqual(choices);
    const pieces: string[] = [];
    await engine.complete(request({ maxTokens: 40 }), { onDelta: (_, { text }) => pieces.push(text) });
    expect(pieces.length).toBeGreaterThan(10);
    expect(pieces.length).toBeLessThanOrEqual(41);
  });

  it('counts tokens and ends with "length" at the limit', async () => {
    const results = await Promise.all([1, 2, 7].map((maxTokens) => complete(engine, { maxTokens, temperature: 0 })));
    expect(results.map(({ completionTokens, finishReason }) => [completionTokens, finishReason])).toEqual([
      [1, 'length'],
      [2, 'length'],
      [7, 'length'],
    ]);
    expect(results[2]!.text.startsWith(results[1]!.text)).toBe(true);
    const none = await complete(engine, { maxTokens: 0 });
    expect(none).toMatchObject({ text: '', completionTokens: 0, finishReason: 'length' });
  });

  it('ends with "stop" before a stop string, which never comes out', async () => {
    const { text: whole } = await complete(engine, { maxTokens: 60, seed: 3n });
    const words = whole.trim().split(/\s+/u);
    const stop = `${words[4]!} ${words[5]!}`; // spans two tokens
    const settings = { maxTokens: 60, seed: 3n, stop: ['never said', stop] };
    const stopped = await complete(engine, settings);
    expect(stopped.text).toBe(whole.slice(0, whole.indexOf(stop)));
    expect(stopped.finishReason).toBe('stop');
    expect(stopped.completionTokens).toBeLessThan(60);
    expect((await streamed(engine, settings))[0]!.text).toBe(stopped.text);
  });

  it('ends with "stop" at the end of a document', async () => {
    const ended: OneText[] = [];
    for (let seed = 0n; ended.length === 0 && seed < 50n; seed++) {
      const results = await Promise.all(
        [0n, 1n, 2n, 3n].map((i) => complete(engine, { maxTokens: 300, seed: 4n * seed + i, temperature: 1.3 })),
      );
      ended.push(...results.filter(({ finishReason }) => finishReason === 'stop'));
    }
    expect(ended[0]!.completionTokens).toBeLessThanOrEqual(300);
    expect(ended[0]!.text).not.toContain('<doc>');
  });

  it('continues text, its token ids and nothing at all', async () => {
    const prompt = 'the ship';
    const [fromText, fromIds, fromNothing, fromEmpty] = await Promise.all([
      complete(engine, { prompt }),
      complete(engine, { prompt: engine.tokenizer.encode(prompt) }),
      complete(engine, { prompt: null }),
      complete(engine, { prompt: '' }),
    ]);
    expect(fromIds).toEqual(fromText);
    expect(fromEmpty).toEqual(fromNothing);
    expect(fromNothing.promptTokens).toBe(0);
    expect(fromNothing.text).not.toMatch(/^\s/u);
  });

  it('is not continued twice with the space that ends the prompt', async () => {
    const settings = { temperature: 0, maxTokens: 3 };
    const [plain, spaced] = [
      await complete(engine, { prompt: 'The old', ...settings }),
      await complete(engine, { prompt: 'The old ', ...settings }),
    ];
    expect(plain.text.startsWith(' ')).toBe(true);
    expect(` ${spaced.text}`).toBe(plain.text);
  });

  it.each([[[-1]], [[1.5]], [[1, 1e6]], [[NaN]]])(
    'refuses the token ids %j and says what ids there are',
    async (prompt) => {
      await expect(complete(engine, { prompt })).rejects.toMatchObject({
        code: 'invalid_value',
        param: 'prompt',
        message: expect.stringContaining(`0 to ${engine.config.vocabularySize - 1}`) as string,
      });
      expect(engine.activity.pending).toBe(0);
    },
  );

  it('stops working for a request that was aborted', async () => {
    const controller = new AbortController();
    const reason = new Error('gone');
    const onDelta = (): void => controller.abort(reason);
    await expect(complete(engine, { maxTokens: 1e6 }, { onDelta, signal: controller.signal })).rejects.toBe(reason);
    const { steps } = engine.activity;
    await complete(engine, { maxTokens: 5 });
    expect(engine.activity.steps).toBe(steps + 5);
    expect(engine.activity.pending).toBe(0);
    await expect(complete(engine, {}, { signal: controller.signal })).rejects.toBe(reason);
  });

  it('rejects only the request whose listener throws', async () => {
    const expected = await complete(engine, { seed: 5n });
    const onDelta = (): void => {
      throw new Error('broken pipe');
    };
    const broken = complete(engine, {}, { onDelta });
    const other = complete(engine, { seed: 5n });
    await expect(broken).rejects.toThrow('broken pipe');
    expect(await other).toEqual(expected);
  });

  it('refuses more than it has places for', async () => {
    const other = await stand.open({ maxBatchSize: 2, maxQueued: 1 });
    const accepted = [1n, 2n, 3n].map((seed) => complete(other, { seed }));
    await expect(complete(other)).rejects.toMatchObject({ code: 'server_is_overloaded' });
    expect((await Promise.all(accepted)).length).toBe(3);
    expect((await complete(other)).completionTokens).toBeGreaterThan(0);
  });

  it('warms up without leaving anything behind', async () => {
    const [warm, cold] = [await stand.open(), await stand.open()];
    await warm.warmUp();
    expect(warm.activity).toMatchObject({ pending: 0, liveRows: 0 });
    expect(warm.activity.steps).toBeGreaterThan(0);
    expect(await complete(warm)).toEqual(await complete(cold));
  });

  it('scores texts by the graph that generates, as it scores a prompt', async () => {
    const ids = engine.tokenizer.encode('The old captain watched the river near the sea.');
    const echoed = await complete(engine, { prompt: ids, maxTokens: 0, echo: true, logprobs: 0 });
    const { scores } = await engine.score([ids, ids.slice(0, 1)]);
    const [whole, first] = scores.map(({ lossNats, tokens }) => lossNats * tokens);
    const told = echoed.logprobs!.tokenLogprobs.reduce<number>((sum, logprob) => sum + (logprob ?? 0), 0);
    // The protocol tells no score of the first token.
    expect(whole! - first!).toBeCloseTo(-told, 9);
    expect((await engine.score([])).scores).toEqual([]);
  });

  it('measures the loss of its probe as it was measured when it was exported', async () => {
    const float32 = await stand.open({ precision: 'float32' });
    const probe = float32.probeText!;
    expect(probe.texts.length).toBeGreaterThan(1);
    const { scores } = await float32.score(probe.texts);
    const tokens = scores.reduce((sum, one) => sum + one.tokens, 0);
    const loss = scores.reduce((sum, one) => sum + one.tokens * one.lossNats, 0) / tokens;
    expect(loss).toBeCloseTo(probe.lossNats, 9);
  });

  it('gives up scoring when it is closed', async () => {
    const other = await stand.open();
    const scoring = expect(other.score([Array.from({ length: 20_000 }, () => 5)])).rejects.toMatchObject({
      code: 'server_is_overloaded',
    });
    await other.close();
    await scoring;
    await expect(other.score([[5]])).rejects.toMatchObject({ code: 'server_is_overloaded' });
  });

  it('closes after the texts under way, and refuses new ones from then on', async () => {
    const other = await stand.open();
    const underWay = complete(other);
    const closed = other.close();
    await expect(complete(other)).rejects.toMatchObject({ code: 'server_is_overloaded' });
    expect((await underWay).completionTokens).toBeGreaterThan(0);
    await closed;
    expect(other.activity).toMatchObject({ pending: 0, liveRows: 0 });
  });

  it('refuses a bundle whose graph is broken', async () => {
    const broken = join(stand.root, 'broken');
    await cp(stand.bundle, broken, { recursive: true });
    await writeFile(join(broken, 'prefill.onnx'), 'no graph');
    await expect(CompletionEngine.open(broken, { threads: 1, maxBatchSize: 1, maxQueued: 1 })).rejects.toMatchObject({
      code: 'bundle_corrupt',
    });
  });
});
