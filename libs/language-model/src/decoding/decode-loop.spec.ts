import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Parameters } from '../model/parameters.js';
import { fillUniform } from '../model/random.js';
import {
  draw,
  openDecodeStand,
  sequenceOf,
  submitJob,
  tokensOf,
  type DecodeStand,
  type Draw,
  type DrawnText,
} from './testing/decode-stand.js';
import type { TokenScore } from './token-score.js';

const V = 60;
const parameters = new Parameters({ vocabularySize: V, embeddingDim: 8, lstmUnits: 12, numLayers: 2 });
const opened: DecodeStand[] = [];

async function open(capacity = 32, of = parameters): Promise<DecodeStand> {
  const stand = await openDecodeStand(of, capacity);
  opened.push(stand);
  return stand;
}

function prompt(length: number, salt = 0): number[] {
  return Array.from({ length }, (_, i) => 1 + ((i * i + 7 * i + 13 * salt) % (V - 1)));
}

/** 32 requests that differ in everything. */
const TEXTS: readonly Required<Pick<DrawnText, 'maxTokens'>>[] & readonly DrawnText[] = Array.from(
  { length: 32 },
  (_, i) => ({
    prompt: prompt([1, 2, 5, 70][i % 4]! + (i % 3), i),
    maxTokens: 3 + ((i * 7) % 23),
    seed: BigInt(i) * 0x9e3779b97f4a7c15n,
    temperature: [1, 0.7, 0, 1.5][i % 4]!,
    topP: i % 5 === 0 ? 0.8 : 1,
    topK: i % 7 === 0 ? 10 : 0,
    repetitionPenalty: i % 6 === 0 ? 1.3 : 1,
    presencePenalty: i % 9 === 0 ? 0.5 : 0,
    noRepeatNgramSize: i % 11 === 0 ? 2 : 0,
  }),
);

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
  for (const { loop } of opened.splice(0)) await loop.close();
});

describe('a sequence', () => {
  let alone: number[][];
  beforeAll(async () => {
    const { loop } = await open();
    alone = [];
    for (const text of TEXTS) alone.push(await tokensOf(loop, text));
    expect(new Set(alone.map((tokens) => tokens.join())).size).toBe(TEXTS.length);
    expect(alone.map(({ length }) => length)).toEqual(TEXTS.map(({ maxTokens }) => maxTokens));
  });

  it('has the same tokens in a batch with 31 others, whatever the order of submission', async () => {
    const { loop } = await open();
    expect(await Promise.all(TEXTS.map((text) => tokensOf(loop, text)))).toEqual(alone);
    const backwards = await Promise.all(TEXTS.toReversed().map((text) => tokensOf(loop, text)));
    expect(backwards.toReversed()).toEqual(alone);
  });

  it('has the same tokens while others join and leave, and while it waits for a row', async () => {
    const { loop } = await open(5);
    const left = TEXTS.map((_, i) => (i * 13) % TEXTS.length);
    const started = new Map<number, Draw>();
    const startNext = (): void => {
      const next = left.pop();
      if (next === undefined) return;
      let count = 0;
      const onToken = (): boolean => {
        if (++count % 3 === 1) startNext();
        return false;
      };
      started.set(next, draw(loop, { ...TEXTS[next]!, onToken }));
    };
    for (let i = 0; i < 3; i++) startNext();
    while (loop.pendingJobs > 0)
      await Promise.race([...started.values()].map(({ end }) => end)).then(() => new Promise(setImmediate));
    await Promise.all([...started.values()].map(({ end }) => end));
    expect(TEXTS.map((_, i) => started.get(i)?.tokens)).toEqual(alone);
  });

  it('has other tokens with another seed, and the same ones with temperature 0', async () => {
    const { loop } = await open();
    const run = (seed: bigint, temperature: number): Promise<number[]> =>
      tokensOf(loop, { prompt: prompt(3), maxTokens: 20, seed, temperature });
    expect(await run(1n, 1)).not.toEqual(await run(2n, 1));
    expect(await run(1n, 1)).not.toEqual(await run(1n + 2n ** 32n, 1));
    expect(await run(1n, 0)).toEqual(await run(2n, 0));
    expect(await run(1n, 1e-5)).toEqual(await run(2n, 0));
  });

  it('is never continued with <unk>, though it would be the likeliest token', async () => {
    const { loop } = await open();
    const settings = [{ temperature: 0 }, { temperature: 2 }, { topK: 3 }, { topP: 0.5 }, { topK: V }, { topP: 0 }];
    const texts = await Promise.all(settings.map((setting) => tokensOf(loop, { maxTokens: 60, ...setting })));
    for (const tokens of texts) expect(tokens).not.toContain(0);
  });

  it('takes the likeliest token at each step with temperature 0', async () => {
    const { loop, session } = await open(1);
    const likeliest: number[] = [];
    const tokens = await tokensOf(loop, {
      temperature: 0,
      maxTokens: 20,
      onToken: () => {
        const row = [...session.probabilities];
        likeliest.push(row.indexOf(Math.max(...row)));
        return false;
      },
    });
    expect(tokens).toEqual(likeliest);
  });

  it('ends when it is told to, at its limit, or at once when it may have no token', async () => {
    const { loop } = await open();
    let count = 0;
    expect(await draw(loop, { onToken: () => ++count === 4 }).end).toBe('stopped');
    expect(count).toBe(4);
    const limited = draw(loop, { maxTokens: 6 });
    expect(await limited.end).toBe('length');
    expect(limited.tokens.length).toBe(6);
    const empty = draw(loop, { maxTokens: 0, prompt: prompt(5) });
    expect(await empty.end).toBe('length');
    expect(empty.tokens).toEqual([]);
  });

  it('shares its prompt with the other texts of its job, and has the tokens that it has alone', async () => {
    const { loop } = await open(3);
    const seeds = [3n, 4n, 5n, 6n, 7n];
    const tokens: number[][] = seeds.map(() => []);
    const sequences = seeds.map((seed, i) =>
      sequenceOf({ seed, maxTokens: 12, onToken: (id) => tokens[i]!.push(id) === 0 }, () => undefined),
    );
    let reads = 0;
    await submitJob(loop, { prompt: prompt(70), sequences, onRead: () => reads++ }).ended;
    expect(reads).toBe(1);
    const each = seeds.map((seed) => tokensOf(loop, { prompt: prompt(70), seed, maxTokens: 12 }));
    expect(tokens).toEqual(await Promise.all(each));
  });

  it('ends only after its least number of tokens, and never when the end is to be ignored', async () => {
    const { loop } = await open();
    const untilEnd = (text: DrawnText): Promise<number[]> =>
      tokensOf(loop, { ...text, maxTokens: 400, onToken: (id) => id === 1 });
    const seeds = Array.from({ length: 8 }, (_, i) => BigInt(i));
    const plain = await Promise.all(seeds.map((seed) => untilEnd({ seed })));
    expect(Math.min(...plain.map(({ length }) => length))).toBeLessThan(50);
    const long = await Promise.all(seeds.map((seed) => untilEnd({ seed, minTokens: 50 })));
    for (const tokens of long) expect(tokens.slice(0, 50)).not.toContain(1);
    const endless = await Promise.all(seeds.map((seed) => untilEnd({ seed, ignoreEos: true })));
    expect(endless.map(({ length }) => length)).toEqual(seeds.map(() => 400));
  });
});

describe('scores', () => {
  it('of a prompt are those of its tokens where the same tokens are drawn', async () => {
    const { loop } = await open();
    const drawn: TokenScore[] = [];
    const onToken = (_: number, score: TokenScore | null): boolean => drawn.push(score!) === 0;
    const tokens = await tokensOf(loop, { prompt: [1, 7], maxTokens: 30, logprobs: 3, onToken, temperature: 1.4 });
    let scored: readonly TokenScore[] = [];
    const promptScores = { top: 3, onScores: (scores: readonly TokenScore[]) => (scored = scores) };
    const after: number[] = [];
    const next = sequenceOf({ temperature: 0, onToken: (id) => after.push(id) === 0 }, () => undefined);
    await submitJob(loop, { prompt: [1, 7, ...tokens], promptScores, sequences: [next] }).ended;
    expect(scored).toHaveLength(31);
    scored.slice(1).forEach(({ logprob, top }, i) => {
      expect(logprob).toBeCloseTo(drawn[i]!.logprob, 4);
      expect(top.map(({ id }) => id)).toEqual(drawn[i]!.top.map(({ id }) => id));
      expect(top[0]!.logprob).toBeGreaterThanOrEqual(top[2]!.logprob);
    });
    expect(after).toEqual(await tokensOf(loop, { prompt: [1, 7, ...tokens], temperature: 0 }));
  });

  it('count <unk> as a word of its own, as evaluation does, though it is never drawn', async () => {
    const ordinary = new Parameters(parameters.architecture);
    for (const { name } of parameters.specs) ordinary.view(name).set(parameters.view(name));
    ordinary.view('output.bias')[0] = 3;
    const { loop } = await open(4, ordinary);
    const shares: number[] = [];
    for (let id = 0; id < V; id++) {
      const onScores = (scores: readonly TokenScore[]): void => {
        shares.push(Math.exp(scores.at(-1)!.logprob));
      };
      await submitJob(loop, { prompt: [1, 9, id], promptScores: { top: 0, onScores } }).ended;
    }
    expect(shares[0]).toBeGreaterThan(0.001);
    expect(shares.reduce((sum, share) => sum + share)).toBeCloseTo(1, 4);
  });

  it('are the logarithm of the share of a draw at temperature 1', async () => {
    const { loop } = await open();
    const counts = new Map<number, number>();
    let top: TokenScore['top'] = [];
    const draws = 4000;
    const onToken = (id: number, score: TokenScore | null): boolean => {
      counts.set(id, (counts.get(id) ?? 0) + 1);
      ({ top } = score!);
      return false;
    };
    const sequences = Array.from({ length: draws }, (_, i) =>
      sequenceOf({ seed: BigInt(i), maxTokens: 1, logprobs: V, onToken }, () => undefined),
    );
    await submitJob(loop, { prompt: [1, 9], sequences }).ended;
    // Five standard deviations of a binomial share.
    const known = top;
    expect(known).toHaveLength(V - 1);
    const mass = known.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0);
    for (const { id, logprob } of known) {
      const p = Math.exp(logprob) / mass;
      const limit = 5 * Math.sqrt((p * (1 - p)) / draws) + 1e-9;
      expect(Math.abs((counts.get(id) ?? 0) / draws - p), `token ${id}`).toBeLessThan(limit);
    }
  });
});

describe('reading a prompt', () => {
  it.each([1, 2, 63, 64, 65, 66, 129])(
    'of %d tokens in chunks leads to the probabilities of reading it token by token',
    async (length) => {
      const ids = prompt(length);
      const { session: stepped } = await open(1);
      stepped.join(stepped.emptyState());
      stepped.inverseTemperatures[0] = 1;
      for (const id of ids) {
        stepped.ids[0] = BigInt(id);
        await stepped.step();
      }
      stepped.leave(0);
      const { loop, session } = await open(1);
      await tokensOf(loop, { prompt: ids, maxTokens: 1 });
      session.probabilities.forEach((p, id) => {
        expect(Math.abs(p - stepped.probabilities[id]!), `token ${id}`).toBeLessThan(1e-5);
      });
    },
  );
});
