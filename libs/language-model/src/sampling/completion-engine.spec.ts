import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { tinyCorpus } from '#testing';
import { trainModel } from '../training/train-model.js';
import { CompletionEngine, type CompletionRequest, type CompletionResult } from './completion-engine.js';

const SETTINGS = {
  embedding_dim: 8,
  lstm_units: 16,
  batch_size: 8,
  sequence_length: 20,
  n_epochs: 3,
  learning_rate: 0.02,
};

let root: string;
let bundle: string;
const opened: CompletionEngine[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'understudy-engine-'));
  const corpus = await tinyCorpus({ documents: 8, words: 300 });
  const input = {
    paths: [corpus.folder],
    preset: 'small',
    hyperparameters: SETTINGS,
    seed: 1,
    threads: 1,
    workFolder: root,
  };
  const outcome = await trainModel(input, () => undefined, {});
  if (outcome.kind !== 'finished') throw new Error('Training was stopped.');
  const { bundleFolder } = outcome.result;
  bundle = bundleFolder;
  await corpus.remove();
});
afterEach(async () => {
  for (const engine of opened.splice(0)) await engine.close();
});
afterAll(async () => {
  await rm(root, { recursive: true });
});

async function open(options: { maxBatchSize?: number; maxQueued?: number } = {}): Promise<CompletionEngine> {
  const engine = await CompletionEngine.open(bundle, { threads: 1, maxBatchSize: 8, maxQueued: 100, ...options });
  opened.push(engine);
  return engine;
}

function request(overrides: Partial<CompletionRequest> = {}): CompletionRequest {
  return {
    prompt: 'The old captain',
    maxTokens: 25,
    temperature: 1,
    topP: 1,
    topK: 0,
    seed: 1n,
    stop: [],
    ...overrides,
  };
}

describe('CompletionEngine', () => {
  it('says what it has loaded', async () => {
    const { config, tokenizer } = await open();
    expect(config).toMatchObject({ preset: 'small', lstmUnits: 16, vocabularySize: tokenizer.vocabularySize });
  });

  it('writes the language that it was trained on: sentences without <unk>, after a space', async () => {
    const engine = await open();
    const texts = await Promise.all(
      Array.from({ length: 20 }, (_, i) => engine.complete(request({ seed: BigInt(i), temperature: 0.7 }))),
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
    const engine = await open({ maxBatchSize: 3 });
    const alone = await engine.complete(request({ seed: 7n }));
    const beside = await Promise.all(
      Array.from({ length: 9 }, (_, i) => engine.complete(request({ seed: BigInt(i) }))),
    );
    expect(beside[7]).toEqual(alone);
    expect(new Set(beside.map(({ text }) => text)).size).toBeGreaterThan(5);
  });

  it('passes the text on in pieces that make up the whole', async () => {
    const engine = await open();
    const pieces: string[] = [];
    const { text, completionTokens } = await engine.complete(request({ maxTokens: 40 }), {
      onText: (piece) => pieces.push(piece),
    });
    expect(pieces.join('')).toBe(text);
    expect(pieces.length).toBeGreaterThan(10);
    expect(pieces.length).toBeLessThanOrEqual(completionTokens);
  });

  it('counts tokens and ends with "length" at the limit', async () => {
    const engine = await open();
    const results = await Promise.all(
      [1, 2, 7].map((maxTokens) => engine.complete(request({ maxTokens, temperature: 0 }))),
    );
    expect(results.map(({ completionTokens, finishReason }) => [completionTokens, finishReason])).toEqual([
      [1, 'length'],
      [2, 'length'],
      [7, 'length'],
    ]);
    expect(results[2]!.text.startsWith(results[1]!.text)).toBe(true);
    const none = await engine.complete(request({ maxTokens: 0 }));
    expect(none).toMatchObject({ text: '', completionTokens: 0, finishReason: 'length' });
  });

  it('ends with "stop" before a stop string, which never comes out', async () => {
    const engine = await open();
    const { text: whole } = await engine.complete(request({ maxTokens: 60, seed: 3n }));
    const words = whole.trim().split(/\s+/u);
    const stop = `${words[4]!} ${words[5]!}`; // spans two tokens
    const pieces: string[] = [];
    const stopped = await engine.complete(request({ maxTokens: 60, seed: 3n, stop: ['never said', stop] }), {
      onText: (piece) => pieces.push(piece),
    });
    expect(stopped.text).toBe(whole.slice(0, whole.indexOf(stop)));
    expect(stopped.finishReason).toBe('stop');
    expect(stopped.completionTokens).toBeLessThan(60);
    expect(pieces.join('')).toBe(stopped.text);
  });

  it('ends with "stop" at the end of a document', async () => {
    const engine = await open();
    const ended: CompletionResult[] = [];
    for (let seed = 0n; ended.length === 0 && seed < 50n; seed++) {
      const results = await Promise.all(
        [0n, 1n, 2n, 3n].map((i) =>
          engine.complete(request({ maxTokens: 300, seed: 4n * seed + i, temperature: 1.3 })),
        ),
      );
      ended.push(...results.filter(({ finishReason }) => finishReason === 'stop'));
    }
    expect(ended[0]!.completionTokens).toBeLessThanOrEqual(300);
    expect(ended[0]!.text).not.toContain('<doc>');
  });

  it('continues text, its token ids and nothing at all', async () => {
    const engine = await open();
    const prompt = 'the ship';
    const [fromText, fromIds, fromNothing, fromEmpty] = await Promise.all([
      engine.complete(request({ prompt })),
      engine.complete(request({ prompt: engine.tokenizer.encode(prompt) })),
      engine.complete(request({ prompt: null })),
      engine.complete(request({ prompt: '' })),
    ]);
    expect(fromIds).toEqual(fromText);
    expect(fromEmpty).toEqual(fromNothing);
    expect(fromNothing.promptTokens).toBe(0);
    expect(fromNothing.text).not.toMatch(/^\s/u);
  });

  it('is not continued twice with the space that ends the prompt', async () => {
    const engine = await open();
    const settings = { temperature: 0, maxTokens: 3 };
    const [plain, spaced] = [
      await engine.complete(request({ prompt: 'The old', ...settings })),
      await engine.complete(request({ prompt: 'The old ', ...settings })),
    ];
    expect(plain.text.startsWith(' ')).toBe(true);
    expect(` ${spaced.text}`).toBe(plain.text);
  });

  it.each([[[-1]], [[1.5]], [[1, 1e6]], [[NaN]]])(
    'refuses the token ids %j and says what ids there are',
    async (prompt) => {
      const engine = await open();
      await expect(engine.complete(request({ prompt }))).rejects.toMatchObject({
        code: 'invalid_value',
        param: 'prompt',
        message: expect.stringContaining(`0 to ${engine.config.vocabularySize - 1}`) as string,
      });
      expect(engine.liveSequences).toBe(0);
    },
  );

  it('stops working for a request that was aborted', async () => {
    const engine = await open();
    const controller = new AbortController();
    const reason = new Error('gone');
    let steps = 0;
    const onText = (): void => {
      steps = engine.decodeSteps;
      controller.abort(reason);
    };
    await expect(engine.complete(request({ maxTokens: 1e6 }), { onText, signal: controller.signal })).rejects.toBe(
      reason,
    );
    expect(engine.decodeSteps - steps).toBeLessThanOrEqual(1);
    expect(engine.liveSequences).toBe(0);
  });

  it('rejects only the request whose listener throws', async () => {
    const engine = await open();
    const expected = await engine.complete(request({ seed: 5n }));
    const broken = engine.complete(request(), {
      onText: () => {
        throw new Error('broken pipe');
      },
    });
    const other = engine.complete(request({ seed: 5n }));
    await expect(broken).rejects.toThrow('broken pipe');
    expect(await other).toEqual(expected);
  });

  it('refuses more than it has places for', async () => {
    const engine = await open({ maxBatchSize: 2, maxQueued: 1 });
    const accepted = [1n, 2n, 3n].map((seed) => engine.complete(request({ seed })));
    await expect(engine.complete(request())).rejects.toMatchObject({ code: 'server_is_overloaded' });
    expect((await Promise.all(accepted)).length).toBe(3);
  });

  it('warms up without leaving anything behind', async () => {
    const [warm, cold] = [await open(), await open()];
    await warm.warmUp();
    expect(warm.liveSequences).toBe(0);
    expect(warm.decodeSteps).toBeGreaterThan(0);
    expect(await warm.complete(request())).toEqual(await cold.complete(request()));
  });

  it('closes after the texts under way, and refuses new ones from then on', async () => {
    const engine = await open();
    const underWay = engine.complete(request());
    const closed = engine.close();
    await expect(engine.complete(request())).rejects.toMatchObject({ code: 'server_is_overloaded' });
    expect((await underWay).completionTokens).toBeGreaterThan(0);
    await closed;
    expect(engine.liveSequences).toBe(0);
  });

  it('refuses a bundle whose graph is broken', async () => {
    const broken = join(root, 'broken');
    await cp(bundle, broken, { recursive: true });
    await writeFile(join(broken, 'prefill.onnx'), 'no graph');
    await expect(CompletionEngine.open(broken, { threads: 1, maxBatchSize: 1, maxQueued: 1 })).rejects.toMatchObject({
      code: 'bundle_corrupt',
    });
  });
});
