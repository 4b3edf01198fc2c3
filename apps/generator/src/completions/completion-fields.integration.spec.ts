import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorBody } from '#errors';
import { guardAgainstLeaks } from '#testing';
import { openGeneratorStand, type GeneratorStand, type Replica } from '../testing/generator-stand.js';
import type { CompletionResponse } from './completion-shape.js';

guardAgainstLeaks();

let stand: GeneratorStand;
let replica: Replica;
let lenient: Replica;

beforeAll(async () => {
  stand = await openGeneratorStand({ versions: 1 });
  await stand.registry.ensureDeployment('production');
  await stand.registry.promote({ deployment: 'production', versionId: stand.versions[0]?.id ?? '', actor: 'test' });
  replica = await stand.start({ MAX_PROMPT_TOKENS: '100' });
  lenient = await stand.start({ LENIENT_REQUESTS: 'true' });
  await Promise.all([replica.ready(), lenient.ready()]);
});

afterAll(() => stand.close());

const REQUEST = { model: 'production', prompt: 'The captain', max_tokens: 12, seed: 5 };

function send(fields: object, url = replica.url): Promise<Response> {
  return fetch(`${url}/v1/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stand.keys.completions}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...REQUEST, ...fields }),
  });
}

async function complete(fields: object): Promise<CompletionResponse> {
  const response = await send(fields);
  expect(response.status).toBe(200);
  return (await response.json()) as CompletionResponse;
}

type Choice = CompletionResponse['choices'][number];

async function choice(fields: object): Promise<Choice> {
  const [first] = (await complete(fields)).choices;
  if (first === undefined) throw new Error('no choice');
  return first;
}

async function chunksOf(fields: object): Promise<CompletionResponse[]> {
  const frames = (await (await send({ ...fields, stream: true })).text()).split('\n\n');
  expect(frames.splice(-2)).toEqual(['data: [DONE]', '']);
  return frames.map((frame) => JSON.parse(frame.slice('data: '.length)) as CompletionResponse);
}

function sum(numbers: readonly (number | null)[] = []): number {
  return numbers.reduce((total: number, number) => total + (number ?? 0), 0);
}

describe('logprobs', () => {
  it('tell of each token of the text its log-probability, place, and the likeliest ones', async () => {
    const { text, logprobs } = await choice({ logprobs: 2 });
    expect(logprobs?.tokens.join('')).toBe(text);
    expect(logprobs?.tokens).toHaveLength(12);
    for (const value of logprobs?.token_logprobs ?? []) expect(value).toBeLessThanOrEqual(0);
    logprobs?.text_offset.forEach((offset, at) =>
      expect(text.slice(offset, offset + (logprobs.tokens[at]?.length ?? 0))).toBe(logprobs.tokens[at]),
    );
    for (const top of logprobs?.top_logprobs ?? []) expect(Object.keys(top ?? {}).length).toBeGreaterThanOrEqual(1);
  });

  it('of 0 tell of the chosen tokens', async () => {
    const { logprobs } = await choice({ logprobs: 0 });
    expect(logprobs?.token_logprobs).toHaveLength(12);
  });

  it('with echo score the prompt; nothing predicts its first token', async () => {
    const { text, logprobs } = await choice({ logprobs: 1, echo: true, max_tokens: 0 });
    expect(text).toBe('The captain');
    expect(logprobs?.token_logprobs[0]).toBeNull();
    expect(logprobs?.token_logprobs.slice(1).every((value) => typeof value === 'number')).toBe(true);
    expect(logprobs?.tokens.join('')).toBe(text);
  });

  it('are the same in pieces', async () => {
    const whole = (await choice({ logprobs: 1, echo: true })).logprobs;
    const pieces = (await chunksOf({ logprobs: 1, echo: true })).flatMap(({ choices }) => choices[0]?.logprobs ?? []);
    expect({
      tokens: pieces.flatMap(({ tokens }) => tokens),
      token_logprobs: pieces.flatMap(({ token_logprobs }) => token_logprobs),
      top_logprobs: pieces.flatMap(({ top_logprobs }) => top_logprobs),
      text_offset: pieces.flatMap(({ text_offset }) => text_offset),
    }).toEqual(whole);
  });
});

describe('a stream', () => {
  it('tells the usage in a last chunk without choices where it is asked for', async () => {
    const chunks = await chunksOf({ stream_options: { include_usage: true } });
    const { usage } = await complete({});
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage });
    expect(chunks.slice(0, -1).every((chunk) => (chunk.usage as unknown) === null)).toBe(true);
    expect((await chunksOf({})).some((chunk) => 'usage' in chunk)).toBe(false);
  });

  it('of several prompts and choices has the text of each, and one end', async () => {
    const fields = { prompt: ['The captain', 'The old'], n: 2 };
    const { choices } = await complete(fields);
    const pieces = (await chunksOf(fields)).flatMap((chunk) => chunk.choices);
    for (const { index, text, finish_reason } of choices) {
      const own = pieces.filter((piece) => piece.index === index);
      expect(own.map((piece) => piece.text).join('')).toBe(text);
      expect(own.flatMap((piece) => piece.finish_reason ?? [])).toEqual([finish_reason]);
    }
  });
});

describe('the choices', () => {
  it('of best_of are the likeliest per token of all that were generated, which are all counted', async () => {
    const fields = { logprobs: 0, ignore_eos: true };
    const all = await complete({ ...fields, n: 5 });
    const best = await complete({ ...fields, n: 2, best_of: 5 });
    const ranked = [...all.choices].sort((a, b) => sum(b.logprobs?.token_logprobs) - sum(a.logprobs?.token_logprobs));
    expect(best.choices.map(({ text }) => text)).toEqual(ranked.slice(0, 2).map(({ text }) => text));
    expect(best.usage.completion_tokens).toBe(5 * 12);
  });

  it('of a beam search are the likeliest that it found, whatever the seed', async () => {
    const fields = { use_beam_search: true, beam_width: 5, n: 3, logprobs: 0, ignore_eos: true, length_penalty: 0 };
    const { choices } = await complete(fields);
    const scores = choices.map(({ logprobs }) => sum(logprobs?.token_logprobs));
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    expect((await complete({ ...fields, seed: 6 })).choices).toEqual(choices);
    const greedy = await choice({ temperature: 0, logprobs: 0, ignore_eos: true });
    expect(scores[0]).toBeGreaterThanOrEqual(sum(greedy.logprobs?.token_logprobs) - 1e-4);
  });

  it('obey biases, penalties and the other fields of sampling', async () => {
    const plain = await choice({ temperature: 0, logprobs: 0, ignore_eos: true });
    const forced = await choice({ temperature: 0, logit_bias: { '5': 100 }, logprobs: 0 });
    expect(new Set(forced.logprobs?.tokens.map((token) => token.trim())).size).toBe(1);
    for (const fields of [
      { repetition_penalty: 5 },
      { no_repeat_ngram_size: 1 },
      { presence_penalty: 2, frequency_penalty: 2 },
    ])
      expect((await choice({ temperature: 0, ignore_eos: true, max_tokens: 60, ...fields })).text).not.toBe(
        (await choice({ temperature: 0, ignore_eos: true, max_tokens: 60 })).text,
      );
    for (const fields of [{ top_k: 1 }, { top_p: 0 }, { min_p: 1 }])
      expect((await choice({ ...fields, ignore_eos: true })).text).toBe(plain.text);
  });

  it('come after the last tokens of a prompt that is cut off', async () => {
    const { usage, choices } = await complete({ prompt: [9, 8, 5, 6, 7], truncate_prompt_tokens: 3, temperature: 0 });
    expect(usage.prompt_tokens).toBe(3);
    expect(choices[0]?.text).toBe((await choice({ prompt: [5, 6, 7], temperature: 0 })).text);
    const long = 'the '.repeat(150);
    expect((await send({ prompt: long })).status).toBe(400);
    expect((await send({ prompt: long, truncate_prompt_tokens: 101 })).status).toBe(400);
    expect((await complete({ prompt: long, truncate_prompt_tokens: 100 })).usage.prompt_tokens).toBe(100);
  });
});

describe('a bias', () => {
  it.each([['foo'], ['99999999'], ['-1'], ['1.5'], ['']])('on %j, which is no token id, is refused', async (id) => {
    const response = await send({ logit_bias: { [id]: 1 } });
    expect(response.status).toBe(400);
    expect(((await response.json()) as ErrorBody).error).toMatchObject({ code: 'invalid_value', param: 'logit_bias' });
    expect((await send({ logit_bias: { [id]: 0 } })).status).toBe(200);
  });
});

describe('a lenient server', () => {
  it('takes what generated client tests send, and says what it ignored', async () => {
    const everything = {
      ...{ best_of: 0, echo: true, frequency_penalty: -2, logit_bias: { foo: 0 }, logprobs: 0, max_tokens: 16, n: 1 },
      ...{ presence_penalty: -2, seed: 0, stop: '\n', temperature: 1, top_p: 1, user: 'user-1234', suffix: 'test.' },
      ...{ prompt: 'This is a test.', stream_options: { include_obfuscation: true, include_usage: true } },
    };
    const answer = await send({ ...everything, stream: false }, lenient.url);
    expect(answer.status).toBe(200);
    const warnings = answer.headers.get('warning')?.split(', 299 - ') ?? [];
    expect(warnings).toHaveLength(2);
    expect(warnings.join()).toMatch(/stream_options was ignored.*suffix was ignored/);
    await answer.body?.cancel();
    const stream = await send({ ...everything, stream: true }, lenient.url);
    expect(stream.headers.get('warning')).toMatch(/^299 - "suffix was ignored/);
    const [first = ''] = (await stream.text()).split('\n\n');
    expect(JSON.parse(first.slice('data: '.length))).toHaveProperty('obfuscation');
    expect((await send({ ...everything, stream: false })).status).toBe(400);
  });
});
