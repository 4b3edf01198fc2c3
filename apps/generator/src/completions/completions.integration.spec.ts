import 'reflect-metadata';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorBody } from '#errors';
import { guardAgainstLeaks } from '#testing';
import { openGeneratorStand, type GeneratorStand, type Replica } from '../testing/generator-stand.js';
import type { CompletionResponse } from './completion-shape.js';

guardAgainstLeaks();

const BODY_LIMIT = 20_000;

let stand: GeneratorStand;
let replica: Replica;
let openai: OpenAI;
let serving: string;

function clientFor(url: string): OpenAI {
  return new OpenAI({ apiKey: stand.keys.completions, baseURL: `${url}/v1`, maxRetries: 0 });
}

beforeAll(async () => {
  stand = await openGeneratorStand({ versions: 2 });
  serving = stand.versions[0]?.id ?? '';
  await stand.registry.ensureDeployment('production');
  await stand.registry.promote({ deployment: 'production', versionId: serving, actor: 'test' });
  replica = await stand.start({
    MAX_BODY_BYTES: String(BODY_LIMIT),
    MAX_PROMPT_TOKENS: '200',
  });
  openai = clientFor(replica.url);
  await replica.ready();
});

afterAll(() => stand.close());

const REQUEST = { model: 'production', prompt: 'The captain', max_tokens: 20, seed: 5 } as const;

async function textOf(more: Partial<OpenAI.CompletionCreateParamsNonStreaming> = {}): Promise<string> {
  const completion = await openai.completions.create({ ...REQUEST, ...more });
  return completion.choices[0]?.text ?? '';
}

function post(body: string, headers: Record<string, string> = {}, url = replica.url): Promise<Response> {
  const authorization = `Bearer ${stand.keys.completions}`;
  return fetch(`${url}/v1/completions`, {
    method: 'POST',
    body,
    headers: { authorization, 'content-type': 'application/json', ...headers },
  });
}

describe('POST /v1/completions', () => {
  it('answers the official client in the shape of the protocol', async () => {
    const { data, response } = await openai.completions.create(REQUEST).withResponse();
    expect(data).toMatchObject({
      id: expect.stringMatching(/^cmpl-[\w-]{20}$/) as string,
      object: 'text_completion',
      model: serving,
      system_fingerprint: expect.stringMatching(/^fp_[0-9a-f]{16}$/) as string,
      choices: [
        {
          index: 0,
          logprobs: null,
          text: expect.stringMatching(/\S/) as string,
          finish_reason: expect.stringMatching(/^(stop|length)$/) as string,
        },
      ],
    });
    const { prompt_tokens, completion_tokens, total_tokens } = data.usage ?? {};
    // "<cap> the captain"
    expect(prompt_tokens).toBe(3);
    expect(completion_tokens).toBeGreaterThan(0);
    expect(total_tokens).toBe((prompt_tokens ?? 0) + (completion_tokens ?? 0));
    expect(response.headers.get('x-model-version')).toBe(serving);
    expect(response.headers.get('x-release-arm')).toBe('incumbent');
    expect(response.headers.get('x-ratelimit-remaining-requests')).toMatch(/^\d+$/);
    expect(response.headers.get('x-ratelimit-limit-tokens')).toMatch(/^\d+$/);
    expect(response.headers.get('x-request-id')).toMatch(/^req_/);
    expect(response.headers.get('openai-processing-ms')).toMatch(/^\d+$/);
  });

  it('streams the same text to the official client', async () => {
    let text = '';
    let finishReason: string | null = null;
    for await (const chunk of await openai.completions.create({ ...REQUEST, stream: true })) {
      text += chunk.choices[0]?.text ?? '';
      finishReason = chunk.choices[0]?.finish_reason ?? finishReason;
    }
    expect(text).toBe(await textOf());
    expect(finishReason).toBe('length');
  });

  it('streams events that end with [DONE]', async () => {
    const response = await post(JSON.stringify({ ...REQUEST, n: 2, stream: true }));
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('x-model-version')).toBe(serving);
    const frames = (await response.text()).split('\n\n');
    expect(frames.splice(-2)).toEqual(['data: [DONE]', '']);
    const chunks = frames.map((frame) => JSON.parse(frame.replace(/^data: /, '')) as CompletionResponse);
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    const ends = chunks.flatMap(({ choices }) => choices).filter(({ finish_reason }) => finish_reason !== null);
    expect(ends.map(({ index }) => index).sort()).toEqual([0, 1]);
  });

  it('gives the same text for the same seed whatever else is generated, and another one for another seed', async () => {
    const alone = await textOf();
    const others = Array.from({ length: 10 }, (_, seed) => textOf({ seed: seed + 100, max_tokens: 10 + seed }));
    expect(await textOf()).toBe(alone);
    expect(new Set(await Promise.all(others)).size).toBeGreaterThan(5);
  });

  it('continues each prompt n times, in the order of the prompts', async () => {
    const prompts = ['The captain', 'The old garden'];
    const { choices, usage } = await openai.completions.create({ ...REQUEST, prompt: prompts, n: 2 });
    expect(choices.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    expect(choices[0]?.text).toBe(await textOf());
    expect(new Set(choices.map(({ text }) => text)).size).toBe(4);
    expect(usage?.prompt_tokens).toBe(3 + 4);
  });

  it('ends before a stop text and does not return it', async () => {
    const whole = await textOf();
    const stop = whole.trim().split(/\s+/)[3] ?? '';
    const { choices } = await openai.completions.create({ ...REQUEST, stop: [stop, 'never said'] });
    expect(choices[0]).toMatchObject({ text: whole.slice(0, whole.indexOf(stop)), finish_reason: 'stop' });
  });

  it('takes the likeliest tokens at temperature 0, whatever the seed', async () => {
    expect(await textOf({ temperature: 0, seed: 1 })).toBe(await textOf({ temperature: 0, seed: 2 }));
  });

  it('takes token ids, the start of a document, and an empty text', async () => {
    const usage = async (prompt: OpenAI.CompletionCreateParams['prompt']) =>
      (await openai.completions.create({ ...REQUEST, prompt })).usage;
    expect(await usage([5, 6, 7])).toMatchObject({ prompt_tokens: 3 });
    expect(await usage([[5, 6], [7]])).toMatchObject({ prompt_tokens: 3 });
    expect(await usage(null)).toMatchObject({ prompt_tokens: 0 });
    expect(await usage('')).toMatchObject({ prompt_tokens: 0 });
  });

  it('generates nothing when nothing is asked for', async () => {
    const { choices, usage } = await openai.completions.create({ ...REQUEST, max_tokens: 0 });
    expect(choices).toMatchObject([{ text: '', finish_reason: 'length' }]);
    expect(usage?.completion_tokens).toBe(0);
  });

  it.each(['production', 'small', 'gpt-3.5-turbo-instruct'])('takes %s as the name of the model', async (model) => {
    expect((await openai.completions.create({ ...REQUEST, model })).model).toBe(serving);
  });

  it('takes a version by its id, the incumbent or another one', async () => {
    for (const { id } of stand.versions)
      expect((await openai.completions.create({ ...REQUEST, model: id })).model).toBe(id);
    expect(await textOf({ model: stand.versions[1]?.id ?? '' })).not.toBe(await textOf());
  });

  it.each([
    ['invalid JSON', '{"model": "production",', 400, 'invalid_json', null],
    ['an unknown field', JSON.stringify({ ...REQUEST, tokens: 5 }), 400, 'unknown_parameter', 'tokens'],
    ['an unsupported field', JSON.stringify({ ...REQUEST, suffix: '.' }), 400, 'unsupported_parameter', 'suffix'],
    ['a negative max_tokens', JSON.stringify({ ...REQUEST, max_tokens: -1 }), 400, 'invalid_value', 'max_tokens'],
    ['no prompt', JSON.stringify({ model: 'production' }), 400, 'missing_parameter', 'prompt'],
    [
      'a token id that does not exist',
      JSON.stringify({ ...REQUEST, prompt: [1_000_000] }),
      400,
      'invalid_value',
      'prompt',
    ],
    [
      'the same in a stream',
      JSON.stringify({ ...REQUEST, stream: true, prompt: [1_000_000] }),
      400,
      'invalid_value',
      'prompt',
    ],
    [
      'a prompt over the limit',
      JSON.stringify({ ...REQUEST, prompt: 'the '.repeat(201) }),
      400,
      'context_length_exceeded',
      'prompt',
    ],
    ['a model that does not exist', JSON.stringify({ ...REQUEST, model: 'gpt-9' }), 404, 'model_not_found', 'model'],
    [
      'a body over the limit',
      JSON.stringify({ ...REQUEST, prompt: 'x'.repeat(BODY_LIMIT) }),
      413,
      'body_too_large',
      null,
    ],
  ])('refuses %s', async (_what, body, status, code, param) => {
    const response = await post(body);
    expect({ status: response.status, ...((await response.json()) as ErrorBody) }).toMatchObject({
      status,
      error: { code, param },
    });
  });

  it.each([
    ['no key', '', 401, 'invalid_api_key'],
    ['a wrong key', 'Bearer sk-understudy-0000000000000000000000', 401, 'invalid_api_key'],
    ['a key without the scope', () => `Bearer ${stand.keys.training}`, 403, 'insufficient_scope'],
  ])('refuses %s', async (_what, authorization, status, code) => {
    const response = await post(JSON.stringify(REQUEST), {
      authorization: typeof authorization === 'string' ? authorization : authorization(),
    });
    expect({ status: response.status, ...((await response.json()) as ErrorBody) }).toMatchObject({
      status,
      error: { code },
    });
  });

  it('gives the official client its own kinds of errors', async () => {
    await expect(openai.completions.create({ ...REQUEST, model: 'gpt-9' })).rejects.toBeInstanceOf(
      OpenAI.NotFoundError,
    );
    const stranger = new OpenAI({ apiKey: 'sk-wrong', baseURL: `${replica.url}/v1`, maxRetries: 0 });
    await expect(stranger.completions.create(REQUEST)).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
  });
});

describe('GET /v1/models', () => {
  it('lists every name that a request may use', async () => {
    const ids = (await openai.models.list()).data.map(({ id }) => id);
    expect(ids).toEqual([
      'production',
      'gpt-3.5-turbo-instruct',
      'small',
      ...stand.versions.map(({ id }) => id).reverse(),
    ]);
  });

  it('looks one up, and says so when there is none', async () => {
    expect(await openai.models.retrieve('production')).toMatchObject({
      id: 'production',
      object: 'model',
      owned_by: 'understudy',
      version: serving,
    });
    expect(await openai.models.retrieve(serving)).toMatchObject({ id: serving });
    await expect(openai.models.retrieve('gpt-9')).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
  });
});

describe('the API page', () => {
  it('has every field, answer and header of a completion', async () => {
    const document = (await (await fetch(`${replica.url}/docs/openapi.json`)).json()) as Record<string, unknown>;
    expect(document).toMatchObject({
      paths: {
        '/v1/completions': {
          post: {
            responses: {
              200: {
                headers: { 'x-model-version': {}, 'x-ratelimit-reset-tokens': {} },
                content: { 'application/json': { schema: { properties: { choices: {} } } }, 'text/event-stream': {} },
              },
              400: {},
              401: {},
              429: { headers: { 'retry-after-ms': {} } },
              503: {},
            },
          },
        },
        '/tokenize': {},
        '/v1/models/{id}': {},
        '/slots': {},
      },
      components: {
        schemas: { CompletionRequestDto: { properties: { logit_bias: {}, stream_options: {}, beam_width: {} } } },
      },
    });
  });
});

describe('GET /metrics', () => {
  it('counts requests, tokens and times by version and arm', async () => {
    await textOf();
    await textOf({ model: serving });
    const metrics = await (await fetch(`${replica.url}/metrics`)).text();
    for (const arm of ['incumbent', 'pinned']) {
      const labels = `{version="${serving}",arm="${arm}"}`;
      for (const name of ['queue', 'time_to_first_token', 'inter_token', 'completion'])
        expect(metrics).toContain(`understudy_${name}_seconds_count${labels}`);
      const each = labels.slice(0, -1);
      expect(metrics).toMatch(new RegExp(`understudy_tokens_total${each},kind="completion"\\} [1-9]`));
      expect(metrics).toMatch(new RegExp(`understudy_completion_requests_total${each},outcome="completed"\\} [1-9]`));
    }
    expect(metrics).toMatch(/understudy_choices_admitted 0\n/);
  });

  it('has a histogram of how full the batch was', async () => {
    await openai.completions.create({
      ...REQUEST,
      n: 6,
      ignore_eos: true,
    } as OpenAI.CompletionCreateParamsNonStreaming);
    const metrics = await (await fetch(`${replica.url}/metrics`)).text();
    const read = (suffix: string, labels = ''): number => {
      const found = metrics
        .split('\n')
        .find((line) => line.startsWith(`understudy_batch_occupancy_rows_${suffix}{${labels}`));
      return Number(found?.split(' ').at(-1));
    };
    const label = `version="${serving}"`;
    expect(read('bucket', `le="8",${label}`) - read('bucket', `le="4",${label}`)).toBeGreaterThan(10);
    expect(read('bucket', `le="+Inf",${label}`)).toBe(read('count', label));
    expect(read('sum', label)).toBeGreaterThanOrEqual(read('count', label));
    expect(metrics).toContain(`understudy_live_rows{${label}} 0`);
  });
});
