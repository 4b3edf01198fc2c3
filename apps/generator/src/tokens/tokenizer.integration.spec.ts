import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorBody } from '#errors';
import { guardAgainstLeaks } from '#testing';
import { openGeneratorStand, type GeneratorStand, type Replica } from '../testing/generator-stand.js';

guardAgainstLeaks();

let stand: GeneratorStand;
let replica: Replica;
let serving: string;

beforeAll(async () => {
  stand = await openGeneratorStand({ versions: 2 });
  serving = stand.versions[0]?.id ?? '';
  await stand.registry.ensureDeployment('production');
  await stand.registry.promote({ deployment: 'production', versionId: serving, actor: 'test' });
  replica = await stand.start({ MAX_BATCH_SIZE: '7' });
  await replica.ready();
});

afterAll(() => stand.close());

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown> & Partial<ErrorBody>;
}

async function ask(path: string, body?: object, key = stand.keys.completions): Promise<Answer> {
  const response = await fetch(`${replica.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

const TEXT = 'The captain, the old garden.';

describe('POST /tokenize', () => {
  it('gives the ids that a completion reads, and their spelling where it is asked for', async () => {
    const { status, body } = await ask('/tokenize', { prompt: TEXT, return_token_strs: true });
    const { usage } = (await ask('/v1/completions', { model: 'production', prompt: TEXT })).body;
    expect(status).toBe(200);
    expect(body).toMatchObject({ count: (usage as { prompt_tokens: number }).prompt_tokens, max_model_len: 8192 });
    expect(body['tokens']).toHaveLength(Number(body['count']));
    expect(body['token_strs']).toEqual(['<cap>', 'the', 'captain', ', ', 'the', 'old', 'garden', '. ']);
    expect((await ask('/tokenize', { model: serving, prompt: TEXT })).body).toEqual({ ...body, token_strs: null });
  });

  it('puts the start of a document first where it is asked to', async () => {
    const { tokens } = (await ask('/tokenize', { prompt: TEXT })).body;
    const { body } = await ask('/tokenize', { prompt: TEXT, add_special_tokens: true });
    expect(body['tokens']).toEqual([1, ...(tokens as number[])]);
  });

  it.each([
    [{ prompt: 5 }, 400, 'prompt'],
    [{ prompt: ['a'] }, 400, 'prompt'],
    [{}, 400, 'prompt'],
    [{ prompt: 'a', model: '' }, 400, 'model'],
    [{ prompt: 'a', text: 'a' }, 400, 'text'],
    [{ prompt: 'a', add_special_tokens: 'yes' }, 400, 'add_special_tokens'],
    [{ prompt: 'a', model: 'gpt-9' }, 404, 'model'],
  ])('refuses %j', async (body, status, param) => {
    expect(await ask('/tokenize', body)).toMatchObject({ status, body: { error: { param } } });
  });
});

describe('POST /detokenize', () => {
  it('gives the text that the ids stand for', async () => {
    const { tokens } = (await ask('/tokenize', { prompt: TEXT })).body;
    expect(await ask('/detokenize', { tokens })).toMatchObject({ status: 200, body: { prompt: TEXT } });
    expect((await ask('/detokenize', { tokens: [] })).body).toEqual({ prompt: '' });
  });

  it.each([[[-1]], [[1.5]], [['1']], [[9_999_999]], ['1'], [5], [undefined]])(
    'refuses the tokens %j',
    async (tokens) => {
      expect(await ask('/detokenize', { tokens })).toMatchObject({ status: 400, body: { error: { param: 'tokens' } } });
    },
  );
});

describe('the endpoints about the server', () => {
  it('describe the tokenizer', async () => {
    const { body } = await ask('/tokenizer_info');
    expect(body).toMatchObject({ eos_token: '<doc>', eos_token_id: 1, unk_token: '<unk>', unk_token_id: 0 });
    expect((await ask(`/tokenizer_info?model=${serving}`)).body).toEqual(body);
    expect((await ask('/tokenizer_info?model=gpt-9')).status).toBe(404);
  });

  it('tell limits and defaults', async () => {
    expect((await ask('/props')).body).toMatchObject({
      deployment: 'production',
      model_version: serving,
      total_slots: 7,
      limits: { prompt_tokens: 8192, completion_tokens: 4096 },
    });
  });

  it('tell which requests are under way, without their text, and none when there are none', async () => {
    const client = new AbortController();
    const request = { model: 'production', prompt: 'secret words', temperature: 0, ignore_eos: true, max_tokens: 4096 };
    const response = await fetch(`${replica.url}/v1/completions`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${stand.keys.completions}`,
        'content-type': 'application/json',
        'x-request-id': 'slot-1',
      },
      body: JSON.stringify({ ...request, n: 100, stream: true }),
      signal: client.signal,
    });
    expect(response.status).toBe(200);
    const { body } = await ask('/slots');
    expect(body).toMatchObject([
      { id: 'slot-1', is_processing: true, model_version: serving, arm: 'incumbent', stream: true, choices: 100 },
    ]);
    expect(JSON.stringify(body)).not.toContain('secret');
    client.abort();
    await expect.poll(async () => (await ask('/slots')).body).toEqual([]);
  });

  it('tell what is known of a model', async () => {
    const { body } = await ask('/v1/models/production');
    expect(body).toMatchObject({
      id: 'production',
      object: 'model',
      version: serving,
      preset: 'small',
      seed: 1,
      loaded: true,
      system_fingerprint: expect.stringMatching(/^fp_/) as string,
      vocabulary_size: expect.any(Number) as number,
      precision: expect.stringMatching(/^(float32|int8)$/) as string,
      training_run: stand.versions[0]?.trainingRunId,
    });
    expect((await ask(`/v1/models/${stand.versions[1]?.id ?? ''}`)).body).toMatchObject({
      loaded: false,
      system_fingerprint: null,
      precision: null,
    });
  });

  it('tell the precision, which is part of the fingerprint', async () => {
    const cards: Record<string, Record<string, unknown>> = {};
    for (const precision of ['float32', 'int8']) {
      const other = await stand.start({ SERVING_PRECISION: precision });
      await other.ready();
      const headers = { authorization: `Bearer ${stand.keys.completions}` };
      const response = await fetch(`${other.url}/v1/models/production`, { headers });
      cards[precision] = (await response.json()) as Record<string, unknown>;
      expect(cards[precision]).toMatchObject({ precision, quantization: { held: expect.any(Boolean) as boolean } });
    }
    expect(cards['int8']!['system_fingerprint']).not.toBe(cards['float32']!['system_fingerprint']);
    const { body } = await ask('/v1/models/production');
    const { held, tolerance } = body['quantization'] as { held: boolean; tolerance: object };
    expect(tolerance).toEqual({ perplexity_percent: 1, top1_points: 0.3 });
    const served = held ? 'int8' : 'float32';
    expect(body['precision']).toBe(served);
    expect(body['system_fingerprint']).toBe(cards[served]!['system_fingerprint']);
  });

  it('need the scope of completions', async () => {
    for (const path of ['/props', '/slots', '/tokenizer_info', '/v1/models/production'])
      expect((await ask(path, undefined, stand.keys.training)).status, path).toBe(403);
  });
});
