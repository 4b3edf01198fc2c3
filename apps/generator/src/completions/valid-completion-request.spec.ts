import 'reflect-metadata';
import { Body, Controller, Module, Post } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createService, Public } from '#observability';
import { CompletionRequestDto } from './completion-request.dto.js';
import { ValidCompletionRequest } from './valid-completion-request.js';

@Public()
@Controller('check')
class CheckController {
  @Post() check(@Body() dto: CompletionRequestDto): object {
    return shown(ValidCompletionRequest.from(dto, LIMITS));
  }

  @Post('leniently') checkLeniently(@Body() dto: CompletionRequestDto): object {
    return shown(ValidCompletionRequest.from(dto, { ...LIMITS, lenientRequests: true }));
  }
}

const LIMITS = { maxCompletionTokens: 100, maxChoices: 8, lenientRequests: false };

function shown(request: ValidCompletionRequest): object {
  return Object.assign({}, request, { seed: String(request.seed), logitBias: Object.fromEntries(request.logitBias) });
}

@Module({ controllers: [CheckController] })
class CheckModule {}

const OPTIONAL = [
  ...['max_tokens', 'n', 'best_of', 'temperature', 'top_p', 'stop', 'logprobs', 'echo', 'stream', 'stream_options'],
  ...['presence_penalty', 'frequency_penalty', 'logit_bias', 'seed', 'suffix', 'user', 'top_k', 'min_p', 'typical_p'],
  ...['repetition_penalty', 'no_repeat_ngram_size', 'min_tokens', 'ignore_eos', 'use_beam_search', 'beam_width'],
  ...['length_penalty', 'truncate_prompt_tokens'],
];

let app: NestFastifyApplication;

beforeAll(async () => {
  app = await createService(CheckModule, {
    logging: { name: 'check', level: 'silent', format: 'json' },
    maxBodyBytes: 100_000,
    verifyApiKey: () => Promise.resolve(null),
    docs: { title: 'Check', description: '', version: '1' },
  });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
});

afterAll(() => app.close());

async function check(fields: object, url = '/check'): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await app.inject({ method: 'POST', url, payload: fields });
  return { status: answer.statusCode, body: answer.json() };
}

/** Whether the fields are accepted beside a model and a prompt, and if not, how they are refused. */
async function verdict(fields: object): Promise<unknown> {
  const { status, body } = await check({ model: 'm', prompt: 'p', ...fields });
  return status === 201 ? 'accepted' : body['error'];
}

describe('a completion request', () => {
  it('has the defaults of the protocol where fields are left out or null', async () => {
    const defaults = {
      model: 'm',
      prompts: ['p'],
      maxTokens: 16,
      temperature: 1,
      topP: 1,
      topK: 0,
      stop: [],
      choicesPerPrompt: 1,
      bestOf: 1,
      stream: false,
      includeUsage: false,
      includeObfuscation: false,
      echo: false,
      logprobs: null,
      minP: 0,
      typicalP: 1,
      presencePenalty: 0,
      frequencyPenalty: 0,
      repetitionPenalty: 1,
      noRepeatNgramSize: 0,
      minTokens: 0,
      ignoreEos: false,
      beamSearch: null,
      truncatePromptTokens: null,
      logitBias: {},
      user: null,
      warnings: [],
    };
    expect((await check({ model: 'm', prompt: 'p' })).body).toMatchObject(defaults);
    const nothing = Object.fromEntries(OPTIONAL.map((field) => [field, null]));
    expect((await check({ model: 'm', prompt: 'p', ...nothing })).body).toMatchObject(defaults);
  });

  it.each([
    ['a text', 'p', ['p']],
    ['an empty text', '', ['']],
    ['texts', ['p', ''], ['p', '']],
    ['token ids', [5, 6], [[5, 6]]],
    ['lists of token ids', [[5], [6, 7]], [[5], [6, 7]]],
    ['the start of a document', null, [null]],
  ])('takes as prompt %s', async (_what, prompt, prompts) => {
    expect((await check({ model: 'm', prompt })).body['prompts']).toEqual(prompts);
  });

  it.each([[[]], [[[]]], [['a', 1]], [[1, [2]]], [[-1]], [[1.5]], [{}], [true], [7], [[null]]])(
    'refuses %j as prompt',
    async (prompt) => {
      expect(await verdict({ prompt })).toMatchObject({ code: 'invalid_value', param: 'prompt' });
    },
  );

  it.each(['model', 'prompt'])('needs %s', async (param) => {
    const { body } = await check({ model: 'm', prompt: 'p', [param]: undefined });
    expect(body).toMatchObject({ error: { code: 'missing_parameter', param, type: 'invalid_request_error' } });
  });

  it.each([
    ['model', ['x'], ['', null, 3]],
    ['max_tokens', [0, 1, 100], [-1, 1.5, '5', 101, true]],
    ['temperature', [0, 0.5, 2], [-0.1, 2.1, '1', true]],
    ['top_p', [0, 0.5, 1], [-0.1, 1.1, '1']],
    ['top_k', [0, 1, 50_000], [-1, 0.5, '1']],
    ['n', [1, 8], [0, 9, 129, 1.5, '1']],
    ['seed', [0, -7, 9_007_199_254_740_991, -(2 ** 63)], [0.5, '1', 2 ** 64, true]],
    ['stop', ['x', ['x'], ['a', 'b', 'c', 'd']], ['', [], [''], ['a', 'b', 'c', 'd', 'e'], 3, [3], {}]],
    ['stream', [true, false], ['true', 1]],
    ['user', ['someone', ''], [3, {}]],
    ['echo', [true, false], ['true', 0]],
    ['logprobs', [0, 5], [-1, 6, 1.5, true, '1']],
    ['best_of', [0, 1, 8], [-1, 21, 1.5, '1']],
    ['presence_penalty', [-2, 0, 2], [-2.1, 2.1, '1']],
    ['frequency_penalty', [-2, 0, 2], [-2.1, 2.1, '1']],
    ['logit_bias', [{}, { '5': -100 }, { '5': 100, '0': 0.5 }], [[], 'x', { '5': 101 }, { '5': '1' }, { '5': null }]],
    ['stream_options', [], ['x', [], 1, true]],
    ['suffix', [], [3, {}]],
    ['min_p', [0, 0.1, 1], [-0.1, 1.1, '1']],
    ['typical_p', [0.1, 1], [0, -0.1, 1.1, '1']],
    ['repetition_penalty', [0.01, 1, 100], [0, -1, 101, '1']],
    ['no_repeat_ngram_size', [0, 3, 1000], [-1, 1.5, 1001, '1']],
    ['min_tokens', [0, 16], [-1, 1.5, '1']],
    ['ignore_eos', [true, false], ['true', 0]],
    ['use_beam_search', [true, false], ['true', 0]],
    ['beam_width', [], [0, 129, 1.5, '1']],
    ['length_penalty', [], [-11, 11, '1']],
    ['truncate_prompt_tokens', [1, 100_000], [0, -1, 1.5, '1']],
  ])('holds %s against its bounds', async (param, good, bad) => {
    for (const value of good)
      expect({ value, verdict: await verdict({ [param]: value }) }).toEqual({ value, verdict: 'accepted' });
    for (const value of bad) {
      expect({ value, verdict: await verdict({ [param]: value }) }).toMatchObject({
        value,
        verdict: { code: 'invalid_value', param },
      });
    }
  });

  it.each([
    ['min_tokens', { min_tokens: 5, max_tokens: 4 }],
    ['min_tokens', { min_tokens: 17 }],
    ['best_of', { best_of: 1, n: 2 }],
    ['best_of', { best_of: 2, stream: true }],
    ['stream_options', { stream_options: {} }],
    ['stream_options', { stream_options: { include_usage: true }, stream: false }],
    ['stream_options.include_usage', { stream_options: { include_usage: 'yes' }, stream: true }],
    ['beam_width', { beam_width: 4 }],
    ['beam_width', { beam_width: 4, use_beam_search: false }],
    ['length_penalty', { length_penalty: 1 }],
    ['beam_width', { use_beam_search: true, beam_width: 2, n: 3 }],
    ['stream', { use_beam_search: true, stream: true }],
    ['best_of', { use_beam_search: true, best_of: 2 }],
    ['temperature', { use_beam_search: true, temperature: 0.5 }],
    ['top_p', { use_beam_search: true, top_p: 0.9 }],
    ['top_k', { use_beam_search: true, top_k: 5 }],
    ['min_p', { use_beam_search: true, min_p: 0.1 }],
    ['typical_p', { use_beam_search: true, typical_p: 0.5 }],
    ['presence_penalty', { use_beam_search: true, presence_penalty: 1 }],
    ['frequency_penalty', { use_beam_search: true, frequency_penalty: 1 }],
    ['repetition_penalty', { use_beam_search: true, repetition_penalty: 1.5 }],
    ['no_repeat_ngram_size', { use_beam_search: true, no_repeat_ngram_size: 2 }],
    ['logit_bias', { use_beam_search: true, logit_bias: { '5': 1 } }],
    ['prompt', { prompt: ['1', '2', '3', '4', '5', '6', '7', '8', '9'] }],
    ['n', { prompt: ['a', 'b', 'c'], n: 3 }],
    ['best_of', { prompt: ['a', 'b', 'c'], best_of: 3 }],
    ['beam_width', { prompt: ['a', 'b', 'c'], use_beam_search: true }],
  ])('names %s in what does not go together: %j', async (param, fields) => {
    expect(await verdict(fields)).toMatchObject({ code: 'invalid_value', param });
  });

  it.each([
    [{ best_of: 0, n: 2, stream: true }],
    [{ best_of: 1, stream: true }],
    [{ best_of: 2, n: 2 }],
    [{ min_tokens: 16 }],
    [{ stream: true, stream_options: {} }],
    [{ stream: true, stream_options: { include_usage: null, include_obfuscation: false } }],
    [{ use_beam_search: true, n: 3, temperature: 0, top_p: 1, top_k: 0, stop: 'x', echo: true, logprobs: 1 }],
    [{ use_beam_search: true, beam_width: 8, length_penalty: -1, seed: 1, min_tokens: 1, ignore_eos: true }],
    [{ logit_bias: { foo: 0 } }],
  ])('takes what goes together: %j', async (fields) => {
    expect(await verdict(fields)).toBe('accepted');
  });

  it('keeps of the biases those that do something', async () => {
    const { body } = await check({ model: 'm', prompt: 'p', logit_bias: { foo: 0, '5': -100, '6': 1.5 } });
    expect(body['logitBias']).toEqual({ '5': -100, '6': 1.5 });
  });

  it('decodes the largest of n, best_of and beam_width for each prompt', async () => {
    const read = async (fields: object): Promise<unknown> => (await check({ model: 'm', prompt: 'p', ...fields })).body;
    expect(await read({ n: 2 })).toMatchObject({ choicesPerPrompt: 2, bestOf: 2, beamSearch: null });
    expect(await read({ n: 2, best_of: 5 })).toMatchObject({ choicesPerPrompt: 2, bestOf: 5 });
    expect(await read({ use_beam_search: true })).toMatchObject({ beamSearch: { width: 4, lengthPenalty: 1 } });
    expect(await read({ use_beam_search: true, n: 6 })).toMatchObject({ beamSearch: { width: 6 } });
  });

  it.each([
    ['suffix', 'unsupported_parameter', { suffix: 'end' }],
    ['stream_options', 'invalid_value', { stream_options: { include_usage: true, include_obfuscation: true } }],
  ])('with %s is refused, and taken with a warning where the server is lenient', async (param, code, fields) => {
    expect(await verdict(fields)).toMatchObject({ code, param });
    const { status, body } = await check({ model: 'm', prompt: 'p', ...fields }, '/check/leniently');
    expect({ status, ...body }).toMatchObject({
      status: 201,
      includeUsage: false,
      warnings: [expect.stringMatching(`^${param} was ignored: ${param} `)],
    });
  });

  it('is refused by a lenient server, too, when it is wrong', async () => {
    for (const fields of [{ max_token: 5 }, { temperature: 3 }, { best_of: 1, n: 2 }])
      expect((await check({ model: 'm', prompt: 'p', ...fields }, '/check/leniently')).status).toBe(400);
  });

  it('refuses a field that does not exist, at any depth', async () => {
    expect(await verdict({ max_token: 5 })).toMatchObject({ code: 'unknown_parameter', param: 'max_token' });
    expect(await verdict({ stream: true, stream_options: { usage: true } })).toMatchObject({
      code: 'unknown_parameter',
      param: 'stream_options.usage',
    });
  });

  it('says the limit, the value and the field', async () => {
    const message = async (fields: object): Promise<unknown> =>
      ((await verdict(fields)) as { message: string }).message;
    expect(await message({ max_tokens: -3 })).toBe('max_tokens must be an integer of at least 0. Got -3.');
    expect(await message({ max_tokens: 500 })).toBe('max_tokens must be at most 100 on this server. Got 500.');
    expect(await message({ typical_p: 0 })).toBe('typical_p must be a number above 0 and at most 1. Got 0.');
    expect(await message({ temperature: 3 })).toBe('temperature must be a number between 0 and 2. Got 3.');
    expect(await message({ n: 3, prompt: ['a', 'b', 'c'] })).toContain(
      'at most 8 on this server. Got 3 prompts times n = 3',
    );
    expect(await message({ best_of: 1, n: 2 })).toContain('best_of must be at least n');
  });

  it('keeps a seed that is given and draws another one each time where none is', async () => {
    const seedOf = async (fields: object): Promise<unknown> =>
      (await check({ model: 'm', prompt: 'p', ...fields })).body['seed'];
    expect(await seedOf({ seed: -7 })).toBe('-7');
    expect(await seedOf({})).not.toBe(await seedOf({}));
  });
});
