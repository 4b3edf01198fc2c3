import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { GraphSession, float32Tensor, type HostTensor } from '#tensor-graph';
import { buildDecodeGraph, buildPrefillGraph } from '../bundle/serving-graphs.js';
import type { Architecture } from '../model/architecture.js';
import { Parameters } from '../model/parameters.js';
import { fillUniform } from '../model/random.js';
import { DecodeLoop, type DecodeEnd, type DecodeRequest } from './decode-loop.js';
import { DecodeSession } from './decode-session.js';

const V = 60;
const ARCHITECTURE: Architecture = { vocabularySize: V, embeddingDim: 8, lstmUnits: 12, numLayers: 2 };
const parameters = new Parameters(ARCHITECTURE);
const opened: DecodeLoop[] = [];

interface Stand {
  readonly loop: DecodeLoop;
  readonly session: DecodeSession;
}

async function open(options: { capacity?: number; maxQueued?: number } = {}): Promise<Stand> {
  const { capacity = 32, maxQueued = 100 } = options;
  const constantFeeds: Record<string, HostTensor> = {};
  for (const { name, shape } of parameters.specs) constantFeeds[name] = float32Tensor(parameters.view(name), shape);
  const decode = await GraphSession.create(buildDecodeGraph(ARCHITECTURE, 'fed'), { threads: 1 });
  const prefill = await GraphSession.create(buildPrefillGraph(ARCHITECTURE, 'fed'), { threads: 1 });
  const session = new DecodeSession({ decode, prefill, constantFeeds }, ARCHITECTURE, capacity);
  const loop = new DecodeLoop(session, V, { maxQueued });
  opened.push(loop);
  return { loop, session };
}

function prompt(length: number, salt = 0): number[] {
  return Array.from({ length }, (_, i) => 1 + ((i * i + 7 * i + 13 * salt) % (V - 1)));
}

type Plan = Omit<DecodeRequest, 'onToken' | 'signal'>;

function plan(overrides: Partial<Plan> = {}): Plan {
  return { prompt: [1], maxTokens: 10, seed: 1n, temperature: 1, topP: 1, topK: 0, ...overrides };
}

/** 32 requests that differ in everything. */
const PLANS: readonly Plan[] = Array.from({ length: 32 }, (_, i) =>
  plan({
    prompt: prompt([1, 2, 5, 70][i % 4]! + (i % 3), i),
    maxTokens: 3 + ((i * 7) % 23),
    seed: BigInt(i) * 0x9e3779b97f4a7c15n,
    temperature: [1, 0.7, 0, 1.5][i % 4]!,
    topP: i % 5 === 0 ? 0.8 : 1,
    topK: i % 7 === 0 ? 10 : 0,
  }),
);

interface Collected {
  readonly tokens: number[];
  readonly end: Promise<DecodeEnd>;
}

/** Submits a request and collects its tokens; `onToken` hears of each. */
function submit(
  loop: DecodeLoop,
  request: Plan,
  signal?: AbortSignal,
  onToken?: (tokens: readonly number[]) => void,
): Collected {
  const tokens: number[] = [];
  const take = (id: number): boolean => {
    tokens.push(id);
    onToken?.(tokens);
    return false;
  };
  return { tokens, end: loop.submit({ ...request, signal, onToken: take }) };
}

async function generate(loop: DecodeLoop, request: Plan): Promise<number[]> {
  const { tokens, end } = submit(loop, request);
  await end;
  return tokens;
}

beforeAll(() => {
  parameters.specs.forEach(({ name }, index) => {
    const view = parameters.view(name);
    fillUniform(view, 8, 0, index);
    for (let i = 0; i < view.length; i++) view[i] = (name.endsWith('gain') ? 1 : 0) + 2.4 * (view[i]! - 0.5);
  });
  // Were it allowed, <unk> would be the likeliest token of every distribution.
  parameters.view('output.bias')[0] = 30;
});

afterEach(async () => {
  for (const loop of opened.splice(0)) await loop.close();
});

describe('a sequence', () => {
  let alone: number[][];
  beforeAll(async () => {
    const { loop } = await open();
    alone = [];
    for (const request of PLANS) alone.push(await generate(loop, request));
    expect(new Set(alone.map((tokens) => tokens.join())).size).toBe(PLANS.length);
    expect(alone.map(({ length }) => length)).toEqual(PLANS.map(({ maxTokens }) => maxTokens));
  });

  it('has the same tokens in a batch with 31 others, whatever the order of submission', async () => {
    const { loop } = await open();
    expect(await Promise.all(PLANS.map((request) => generate(loop, request)))).toEqual(alone);
    const backwards = await Promise.all(PLANS.toReversed().map((request) => generate(loop, request)));
    expect(backwards.toReversed()).toEqual(alone);
  });

  it('has the same tokens while others join and leave, and while it waits for a row', async () => {
    const { loop } = await open({ capacity: 5 });
    const left = PLANS.map((_, i) => (i * 13) % PLANS.length);
    const started = new Map<number, Collected>();
    const startNext = (): void => {
      const next = left.pop();
      if (next === undefined) return;
      started.set(
        next,
        submit(loop, PLANS[next]!, undefined, (tokens) => {
          if (tokens.length % 3 === 1) startNext();
        }),
      );
    };
    for (let i = 0; i < 3; i++) startNext();
    while (loop.pending > 0)
      await Promise.race([...started.values()].map(({ end }) => end)).then(() => new Promise(setImmediate));
    await Promise.all([...started.values()].map(({ end }) => end));
    expect(PLANS.map((_, i) => started.get(i)?.tokens)).toEqual(alone);
  });

  it('has other tokens with another seed, and the same ones with temperature 0', async () => {
    const { loop } = await open();
    const run = (seed: bigint, temperature: number): Promise<number[]> =>
      generate(loop, plan({ prompt: prompt(3), maxTokens: 20, seed, temperature }));
    expect(await run(1n, 1)).not.toEqual(await run(2n, 1));
    expect(await run(1n, 1)).not.toEqual(await run(1n + 2n ** 32n, 1));
    expect(await run(1n, 0)).toEqual(await run(2n, 0));
    expect(await run(1n, 1e-5)).toEqual(await run(2n, 0));
  });

  it('is never continued with <unk>, though it would be the likeliest token', async () => {
    const { loop } = await open();
    const settings = [{ temperature: 0 }, { temperature: 2 }, { topK: 3 }, { topP: 0.5 }, { topK: V }, { topP: 0 }];
    const texts = await Promise.all(settings.map((setting) => generate(loop, plan({ maxTokens: 60, ...setting }))));
    for (const tokens of texts) expect(tokens).not.toContain(0);
  });

  it('takes the likeliest token at each step with temperature 0', async () => {
    const { loop, session } = await open({ capacity: 1 });
    const likeliest: number[] = [];
    const { tokens, end } = submit(loop, plan({ temperature: 0, maxTokens: 20 }), undefined, () => {
      const row = [...session.probabilities];
      likeliest.push(row.indexOf(Math.max(...row)));
    });
    await end;
    expect(tokens).toEqual(likeliest);
  });

  it('ends when it is told to, at its limit, or at once when it may have no token', async () => {
    const { loop } = await open();
    let count = 0;
    expect(await loop.submit({ ...plan(), onToken: () => ++count === 4 })).toBe('stopped');
    expect(count).toBe(4);
    const limited = submit(loop, plan({ maxTokens: 6 }));
    expect(await limited.end).toBe('length');
    expect(limited.tokens.length).toBe(6);
    const empty = submit(loop, plan({ maxTokens: 0, prompt: prompt(5) }));
    expect(await empty.end).toBe('length');
    expect(empty.tokens).toEqual([]);
  });
});

describe('reading a prompt', () => {
  it.each([1, 2, 63, 64, 65, 66, 129])(
    'of %d tokens in chunks leads to the probabilities of reading it token by token',
    async (length) => {
      const ids = prompt(length);
      const { session: stepped } = await open({ capacity: 1 });
      stepped.join(stepped.emptyState());
      stepped.inverseTemperatures[0] = 1;
      for (const id of ids) {
        stepped.ids[0] = BigInt(id);
        await stepped.step();
      }
      stepped.leave(0);
      const { loop, session } = await open({ capacity: 1 });
      await generate(loop, plan({ prompt: ids, maxTokens: 1 }));
      session.probabilities.forEach((p, id) => {
        expect(Math.abs(p - stepped.probabilities[id]!), `token ${id}`).toBeLessThan(1e-5);
      });
    },
  );
});
