import { afterEach, describe, expect, it } from 'vitest';
import { GraphSession, float32Tensor, type HostTensor } from '#tensor-graph';
import { buildDecodeGraph, buildPrefillGraph } from '../bundle/serving-graphs.js';
import type { Architecture } from '../model/architecture.js';
import { initializeParameters, Parameters } from '../model/parameters.js';
import { DecodeLoop, type DecodeEnd, type DecodeRequest } from './decode-loop.js';
import { DecodeSession, PREFILL_CHUNK } from './decode-session.js';

const ARCHITECTURE: Architecture = { vocabularySize: 30, embeddingDim: 4, lstmUnits: 6, numLayers: 2 };
const REASON = new Error('the client has gone');
const opened: { loop: DecodeLoop; session: DecodeSession }[] = [];

async function open(options: { capacity?: number; maxQueued?: number } = {}): Promise<DecodeLoop> {
  const { capacity = 4, maxQueued = 100 } = options;
  const parameters = new Parameters(ARCHITECTURE);
  initializeParameters(parameters, 1);
  const constantFeeds: Record<string, HostTensor> = {};
  for (const { name, shape } of parameters.specs) constantFeeds[name] = float32Tensor(parameters.view(name), shape);
  const decode = await GraphSession.create(buildDecodeGraph(ARCHITECTURE, 'fed'), { threads: 1 });
  const prefill = await GraphSession.create(buildPrefillGraph(ARCHITECTURE, 'fed'), { threads: 1 });
  const session = new DecodeSession({ decode, prefill, constantFeeds }, ARCHITECTURE, capacity);
  const loop = new DecodeLoop(session, ARCHITECTURE.vocabularySize, { maxQueued });
  opened.push({ loop, session });
  return loop;
}

function submit(loop: DecodeLoop, overrides: Partial<DecodeRequest> = {}): Promise<DecodeEnd> {
  const request = { prompt: [1], maxTokens: 8, seed: 1n, temperature: 1, topP: 1, topK: 0, onToken: () => false };
  return loop.submit({ ...request, ...overrides });
}

/** The tokens of a request that nothing disturbs. */
async function tokensOf(loop: DecodeLoop, overrides: Partial<DecodeRequest> = {}): Promise<number[]> {
  const tokens: number[] = [];
  await submit(loop, { ...overrides, onToken: (id) => (tokens.push(id), false) });
  return tokens;
}

/** A request that hears of its n-th token and goes on until it is aborted. */
function endless(loop: DecodeLoop, n: number, onReached: () => void): AbortController {
  const controller = new AbortController();
  let count = 0;
  const onToken = (): boolean => {
    if (++count === n) onReached();
    return false;
  };
  submit(loop, { maxTokens: 1e9, signal: controller.signal, onToken }).catch(() => undefined);
  return controller;
}

const longPrompt = Array.from({ length: 20 * PREFILL_CHUNK }, (_, i) => 1 + (i % 29));

afterEach(async () => {
  for (const { loop, session } of opened.splice(0)) {
    await loop.close();
    expect([loop.pending, loop.queued, session.rows]).toEqual([0, 0, 0]);
  }
});

describe('aborting a sequence', () => {
  it('ends it within one step, and leaves the others as they would have been', async () => {
    const loop = await open();
    const expected = await tokensOf(loop, { seed: 5n, maxTokens: 30 });
    const controller = new AbortController();
    let [count, stepsAtAbort] = [0, 0];
    const onToken = (): boolean => {
      if (++count === 5) {
        stepsAtAbort = loop.steps;
        controller.abort(REASON);
      }
      return false;
    };
    const aborted = submit(loop, { maxTokens: 1000, signal: controller.signal, onToken });
    const other = tokensOf(loop, { seed: 5n, maxTokens: 30 });
    await expect(aborted).rejects.toBe(REASON);
    expect(loop.steps - stepsAtAbort).toBeLessThanOrEqual(1);
    expect(count).toBeLessThanOrEqual(6);
    expect(await other).toEqual(expected);
  });

  it('ends it within one step while it waits for a row', async () => {
    const loop = await open({ capacity: 1 });
    const waiting = new AbortController();
    let stepsAtAbort = 0;
    const live = endless(loop, 3, () => {
      stepsAtAbort = loop.steps;
      waiting.abort(REASON);
    });
    const tokens: number[] = [];
    const ended = submit(loop, { signal: waiting.signal, onToken: (id) => (tokens.push(id), false) });
    await expect(ended).rejects.toBe(REASON);
    expect(loop.steps - stepsAtAbort).toBeLessThanOrEqual(1);
    expect([tokens, loop.queued, loop.pending]).toEqual([[], 0, 1]);
    live.abort();
  });

  it('ends it within one step while its prompt is being read', async () => {
    const loop = await open();
    const reading = new AbortController();
    let stepsAtAbort = 0;
    const live = endless(loop, 3, () => {
      stepsAtAbort = loop.steps;
      reading.abort(REASON);
    });
    const tokens: number[] = [];
    const ended = submit(loop, {
      prompt: longPrompt,
      signal: reading.signal,
      onToken: (id) => (tokens.push(id), false),
    });
    await expect(ended).rejects.toBe(REASON);
    expect(stepsAtAbort).toBe(3); // fewer than the prompt has chunks
    expect(loop.steps - stepsAtAbort).toBeLessThanOrEqual(1);
    expect([tokens, loop.pending]).toEqual([[], 1]);
    live.abort();
  });

  it('refuses it when that was before it was submitted', async () => {
    const loop = await open();
    await expect(submit(loop, { signal: AbortSignal.abort(REASON) })).rejects.toBe(REASON);
    expect(loop.pending).toBe(0);
  });

  it('gives its row to the next one', async () => {
    const loop = await open({ capacity: 1 });
    const expected = await tokensOf(loop, { seed: 9n });
    const live = endless(loop, 2, () => live.abort());
    expect(await tokensOf(loop, { seed: 9n })).toEqual(expected);
  });
});

describe('the queue', () => {
  it('takes as many as there are rows and places, and refuses more until one has ended', async () => {
    const loop = await open({ capacity: 2, maxQueued: 3 });
    const accepted = Array.from({ length: 5 }, () => submit(loop));
    expect(loop.pending).toBe(5);
    await expect(submit(loop)).rejects.toMatchObject({
      code: 'server_is_overloaded',
      retryAfterMs: expect.any(Number) as number,
      message: expect.stringMatching(/3/) as string,
    });
    expect(await Promise.all(accepted)).toEqual(Array(5).fill('length'));
    expect(await submit(loop)).toBe('length');
  });

  it('counts a sequence whose prompt is being read', async () => {
    const loop = await open({ capacity: 1, maxQueued: 0 });
    const reading = submit(loop, { prompt: longPrompt });
    const refused = new Promise((resolve) => setImmediate(() => resolve(submit(loop))));
    await expect(refused).rejects.toMatchObject({ code: 'server_is_overloaded' });
    expect(await reading).toBe('length');
  });

  it('serves those that wait in the order in which they came', async () => {
    const loop = await open({ capacity: 1 });
    const order: number[] = [];
    await Promise.all([0, 1, 2, 3].map(async (i) => submit(loop, { maxTokens: 2 }).then(() => order.push(i))));
    expect(order).toEqual([0, 1, 2, 3]);
  });
});

describe('a failure', () => {
  it('of one listener rejects its own sequence alone', async () => {
    const loop = await open();
    const expected = await tokensOf(loop, { seed: 7n, maxTokens: 20 });
    const broken = submit(loop, {
      onToken: () => {
        throw REASON;
      },
    });
    const other = tokensOf(loop, { seed: 7n, maxTokens: 20 });
    await expect(broken).rejects.toBe(REASON);
    expect(await other).toEqual(expected);
  });

  it('to read one prompt rejects its own sequence alone', async () => {
    const loop = await open();
    const expected = await tokensOf(loop, { seed: 7n, maxTokens: 20 });
    const broken = submit(loop, { prompt: [30, 1] }); // ids run to 29
    const other = tokensOf(loop, { seed: 7n, maxTokens: 20 });
    await expect(broken).rejects.toThrow(/indices element out of data bounds/);
    expect(await other).toEqual(expected);
  });

  it('of a step rejects all that take part in it, and the next ones succeed', async () => {
    const loop = await open();
    const expected = await tokensOf(loop);
    const all = await Promise.allSettled([
      submit(loop),
      submit(loop, { prompt: [30] }),
      submit(loop, { prompt: longPrompt }),
    ]);
    expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(loop.pending).toBe(0);
    expect(await tokensOf(loop)).toEqual(expected);
  });
});

describe('closing', () => {
  it('waits for every sequence, waiting and reading ones too, and refuses new ones', async () => {
    const loop = await open({ capacity: 2 });
    const ended: string[] = [];
    const accepted = [submit(loop), submit(loop, { prompt: longPrompt }), submit(loop), submit(loop)];
    const closed = loop.close().then(() => ended.push('closed'));
    await expect(submit(loop)).rejects.toMatchObject({ code: 'server_is_overloaded' });
    await Promise.all(accepted.map(async (end) => ended.push(await end)));
    await closed;
    expect(ended).toEqual(['length', 'length', 'length', 'length', 'closed']);
  });

  it('can be asked for again', async () => {
    const loop = await open();
    await submit(loop);
    await Promise.all([loop.close(), loop.close()]);
    await loop.close();
  });
});
