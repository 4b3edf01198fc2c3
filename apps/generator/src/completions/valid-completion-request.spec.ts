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
    const request = ValidCompletionRequest.from(dto, { maxCompletionTokens: 100, maxChoices: 8 });
    return Object.assign({}, request, { seed: String(request.seed) });
  }
}

@Module({ controllers: [CheckController] })
class CheckModule {}

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

async function check(fields: object): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await app.inject({ method: 'POST', url: '/check', payload: fields });
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
      stream: false,
    };
    expect((await check({ model: 'm', prompt: 'p' })).body).toMatchObject(defaults);
    const nothing = {
      max_tokens: null,
      temperature: null,
      top_p: null,
      top_k: null,
      stop: null,
      n: null,
      stream: null,
    };
    expect((await check({ model: 'm', prompt: 'p', ...nothing, seed: null, user: null })).body).toMatchObject(defaults);
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
    ['user', ['someone'], [3, {}]],
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
    ['echo', [false], [true]],
    ['logprobs', [], [0, 5]],
    ['best_of', [0, 1], [2]],
    ['presence_penalty', [0], [0.5]],
    ['frequency_penalty', [0], [-1]],
    ['logit_bias', [{}], [{ '5': 1 }]],
    ['stream_options', [], [{ include_usage: true }]],
    ['suffix', [], ['end']],
    ['min_p', [0], [0.1]],
    ['typical_p', [1], [0.5]],
    ['repetition_penalty', [1], [1.1]],
    ['no_repeat_ngram_size', [0], [3]],
    ['min_tokens', [0], [1]],
    ['ignore_eos', [false], [true]],
    ['use_beam_search', [false], [true]],
    ['beam_width', [], [4]],
    ['length_penalty', [], [1]],
    ['truncate_prompt_tokens', [], [10]],
  ])('refuses %s, unless it changes nothing', async (param, harmless, bad) => {
    for (const value of [null, ...harmless]) {
      expect({ value, verdict: await verdict({ [param]: value }) }).toEqual({ value, verdict: 'accepted' });
    }
    for (const value of bad)
      expect(await verdict({ [param]: value })).toMatchObject({ code: 'unsupported_parameter', param });
  });

  it('refuses a field that does not exist', async () => {
    expect(await verdict({ max_token: 5 })).toMatchObject({ code: 'unknown_parameter', param: 'max_token' });
  });

  it('says the limit, the value and the field', async () => {
    const message = async (fields: object): Promise<unknown> =>
      ((await verdict(fields)) as { message: string }).message;
    expect(await message({ max_tokens: -3 })).toBe('max_tokens must be an integer of at least 0. Got -3.');
    expect(await message({ max_tokens: 500 })).toBe('max_tokens must be at most 100 on this server. Got 500.');
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
