import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guardAgainstLeaks } from '#testing';
import { openGeneratorStand, type GeneratorStand } from '../../apps/generator/src/testing/generator-stand.js';

guardAgainstLeaks();

const MAIN = fileURLToPath(new URL('../../apps/generator/src/main.js', import.meta.url));

let stand: GeneratorStand;
let generator: ChildProcess;
let url: string;
let log: Started['lines'];

beforeAll(async () => {
  stand = await openGeneratorStand({ versions: 1 });
  await stand.registry.ensureDeployment('production');
  await stand.registry.promote({ deployment: 'production', versionId: stand.versions[0]?.id ?? '', actor: 'test' });
  ({ child: generator, url, lines: log } = await start({ MAX_COMPLETION_TOKENS: '1000000' }));
});

afterAll(async () => {
  generator.kill('SIGTERM');
  if (generator.exitCode === null) await once(generator, 'exit');
  await stand.close();
});

interface Started {
  readonly child: ChildProcess;
  readonly url: string;
  /** What it has logged since it serves. */
  readonly lines: Record<string, unknown>[];
}

/** Starts the generator as a process and gives its URL once it serves. */
async function start(environment: Readonly<Record<string, string>>): Promise<Started> {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...stand.environment, GENERATOR_PORT: '0', LOG_LEVEL: 'info', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let address = '';
  const lines: Record<string, unknown>[] = [];
  const serves = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const entry = JSON.parse(line) as Record<string, unknown>;
      lines.push(entry);
      if (typeof entry['url'] === 'string') address = entry['url'];
      if (entry['msg'] === 'switched') resolve();
    });
  });
  await serves;
  return { child, url: address, lines };
}

const REQUEST = { model: 'production', prompt: 'The captain', max_tokens: 20, seed: 5 } as const;
/** At temperature 0 this model goes on for ever. */
const ENDLESS = { ...REQUEST, temperature: 0, max_tokens: 1_000_000, stream: true } as const;

/** An official client, and the answers that it got, retried ones included. */
function clientFor(
  apiKey: string,
  options: { readonly maxRetries?: number; readonly onAnswer?: (answer: Response) => void } = {},
): { readonly openai: OpenAI; readonly answers: Response[] } {
  const answers: Response[] = [];
  const openai = new OpenAI({
    apiKey,
    baseURL: `${url}/v1`,
    maxRetries: options.maxRetries ?? 0,
    fetch: async (input, init) => {
      const answer = await fetch(input, init);
      answers.push(answer);
      options.onAnswer?.(answer);
      return answer;
    },
  });
  return { openai, answers };
}

async function keyWith(limits: Parameters<GeneratorStand['registry']['createApiKey']>[0]['limits']): Promise<string> {
  const key = { name: 'limited', scopes: ['completions'] as const, actor: 'test', ...(limits && { limits }) };
  return (await stand.registry.createApiKey(key)).key;
}

async function requestsUnderWay(): Promise<number> {
  const response = await fetch(`${url}/slots`, { headers: { authorization: `Bearer ${stand.keys.completions}` } });
  return ((await response.json()) as unknown[]).length;
}

describe('the official client', () => {
  it('streams what it gets in one piece, log-probabilities and usage included', async () => {
    const { openai } = clientFor(stand.keys.completions);
    const whole = await openai.completions.create({ ...REQUEST, logprobs: 1 });
    const stream = await openai.completions.create({
      ...REQUEST,
      logprobs: 1,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let usage: OpenAI.CompletionUsage | undefined;
    const tokens: string[] = [];
    for await (const chunk of stream) {
      text += chunk.choices[0]?.text ?? '';
      tokens.push(...(chunk.choices[0]?.logprobs?.tokens ?? []));
      usage = chunk.usage ?? usage;
    }
    expect(text).toBe(whole.choices[0]?.text);
    expect(tokens).toEqual(whole.choices[0]?.logprobs?.tokens);
    expect(usage).toEqual(whole.usage);
  });

  it('ends the work of a stream that it leaves', async () => {
    const { openai } = clientFor(stand.keys.completions);
    let chunks = 0;
    for await (const chunk of await openai.completions.create(ENDLESS)) {
      expect(chunk.choices).toHaveLength(1);
      if (++chunks === 5) break;
    }
    await expect.poll(requestsUnderWay).toBe(0);
  });

  it('tries again when it is told to, after the time that it is told', async () => {
    const key = await keyWith({ concurrentRequests: 1 });
    const occupant = await clientFor(key).openai.completions.create(ENDLESS);
    const { openai, answers } = clientFor(key, {
      maxRetries: 5,
      onAnswer: () => occupant.controller.abort(),
    });
    expect((await openai.completions.create(REQUEST)).choices).toHaveLength(1);
    expect(answers.map(({ status }) => status)).toContain(429);
    expect(answers.at(-1)?.status).toBe(200);
    expect(answers[0]?.status).toBe(429);
    expect(answers[0]?.headers.get('retry-after-ms')).toBe('500');
    expect(answers[0]?.headers.get('retry-after')).toBe('1');
  });

  it('does not try again what can never pass', async () => {
    const { openai, answers } = clientFor(await keyWith({ tokensPerMinute: 10 }), { maxRetries: 3 });
    await expect(openai.completions.create({ ...REQUEST, max_tokens: 100 })).rejects.toBeInstanceOf(
      OpenAI.RateLimitError,
    );
    expect(answers).toHaveLength(1);
    expect(answers[0]?.headers.get('x-should-retry')).toBe('false');
  });

  it('learns what its key may still use, and gets its own error when that is used up', async () => {
    const { openai, answers } = clientFor(await keyWith({ requestsPerMinute: 2, tokensPerMinute: 1000 }));
    await openai.completions.create(REQUEST);
    await openai.completions.create(REQUEST);
    await expect(openai.completions.create(REQUEST)).rejects.toMatchObject({
      status: 429,
      code: 'rate_limit_exceeded',
      type: 'rate_limit_error',
    });
    const remaining = answers.map(({ headers }) => headers.get('x-ratelimit-remaining-requests'));
    expect(remaining).toEqual(['1', '0', '0']);
    expect(answers[0]?.headers.get('x-ratelimit-limit-requests')).toBe('2');
    expect(answers[0]?.headers.get('x-ratelimit-reset-requests')).toMatch(/^(30s|2\d(\.\d+)?s)$/);
    expect(Number(answers[2]?.headers.get('retry-after-ms'))).toBeGreaterThan(0);
  });
});

describe('the log', () => {
  it('has one line for a completion, with version, tokens and times, and without its text', async () => {
    const { openai } = clientFor(stand.keys.completions);
    const { choices, usage } = await openai.completions.create(REQUEST, { headers: { 'x-request-id': 'logged-1' } });
    const ofRequest = (): object[] => log.filter(({ reqId }) => reqId === 'logged-1');
    await expect.poll(ofRequest).toHaveLength(1);
    expect(ofRequest()[0]).toMatchObject({
      path: '/v1/completions',
      status: 200,
      version: stand.versions[0]?.id,
      arm: 'incumbent',
      outcome: 'completed',
      promptTokens: usage?.prompt_tokens,
      completionTokens: usage?.completion_tokens,
      queuedMs: expect.any(Number) as number,
      firstTokenMs: expect.any(Number) as number,
      totalMs: expect.any(Number) as number,
    });
    const text = JSON.stringify(log);
    expect(text).not.toContain(REQUEST.prompt);
    expect(text).not.toContain(choices[0]?.text.trim());
  });
});

describe('a limit', () => {
  it('is set by an administrator and holds within seconds', async () => {
    const admin = { authorization: `Bearer ${stand.keys.admin}`, 'content-type': 'application/json' };
    const send = async (path: string, body: object): Promise<{ status: number; body: Record<string, unknown> }> => {
      const response = await fetch(`${url}/v1/admin/api-keys${path}`, {
        method: 'POST',
        headers: admin,
        body: JSON.stringify(body),
      });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };
    const { body: made } = await send('', { name: 'x', scopes: ['completions'], requests_per_minute: 1_000 });
    const { openai, answers } = clientFor(String(made['key']));
    await openai.completions.create(REQUEST);
    expect(answers[0]?.headers.get('x-ratelimit-limit-requests')).toBe('1000');
    expect(await send(`/${String(made['id'])}`, { requests_per_minute: 1, concurrent_requests: 7 })).toMatchObject({
      status: 200,
      body: { requests_per_minute: 1, tokens_per_minute: null, concurrent_requests: 7 },
    });
    const limit = async (): Promise<unknown> => {
      await openai.completions.create(REQUEST).catch(() => undefined);
      return answers.at(-1)?.headers.get('x-ratelimit-limit-requests');
    };
    await expect.poll(limit, { timeout: 10_000 }).toBe('1');
    await expect(openai.completions.create(REQUEST)).rejects.toBeInstanceOf(OpenAI.RateLimitError);
    expect(await send(`/${String(made['id'])}`, { requests_per_minute: -1 })).toMatchObject({
      status: 400,
      body: { error: { param: 'requests_per_minute' } },
    });
    expect(await send('/key-none', { requests_per_minute: 1 })).toMatchObject({ status: 404 });
  });
});

describe('a generator that is told to stop', () => {
  it('says that it is not ready, finishes what runs and what waits, and exits with 0', async () => {
    const stopping = await start({
      MAX_BATCH_SIZE: '1',
      SHUTDOWN_DELAY_MS: '2000',
      SHUTDOWN_GRACE_MS: '600000',
      LOG_PROMPTS: 'true',
    });
    const openai = new OpenAI({ apiKey: stand.keys.completions, baseURL: `${stopping.url}/v1`, maxRetries: 0 });
    const requests = Array.from({ length: 8 }, (_, seed) =>
      openai.completions.create({ ...REQUEST, temperature: 0, max_tokens: 400, seed }),
    );
    const slots = async (): Promise<number> => {
      const headers = { authorization: `Bearer ${stand.keys.completions}` };
      return ((await (await fetch(`${stopping.url}/slots`, { headers })).json()) as unknown[]).length;
    };
    await expect.poll(slots).toBeGreaterThan(1);
    const exit = once(stopping.child, 'close');
    stopping.child.kill('SIGTERM');
    const ready = async (): Promise<unknown> => {
      const response = await fetch(`${stopping.url}/health/ready`);
      return { status: response.status, ...((await response.json()) as object) };
    };
    await expect
      .poll(ready, { interval: 5 })
      .toMatchObject({ status: 'not_ready', problem: 'The server is stopping.' });
    const answers = await Promise.all(requests);
    expect(answers.map(({ choices }) => choices[0]?.finish_reason)).toEqual(Array.from({ length: 8 }, () => 'length'));
    expect(await exit).toEqual([0, null]);
    // With LOG_PROMPTS the lines have the texts.
    const logged = stopping.lines.filter(({ texts }) => texts !== undefined);
    expect(logged.map(({ prompts }) => prompts)).toEqual(Array.from({ length: 8 }, () => [REQUEST.prompt]));
    expect(logged[0]?.['texts']).toEqual([answers[0]?.choices[0]?.text]);
  });
});
