import 'reflect-metadata';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guardAgainstLeaks } from '#testing';
import { ModelHost } from '../models/model-host.js';
import { openGeneratorStand, type GeneratorStand, type Replica } from '../testing/generator-stand.js';

guardAgainstLeaks();

/** Far more than a test waits for: a generation that nobody stops would be noticed. */
const ENDLESS = 1_000_000;
const REQUEST = { model: 'production', prompt: 'The captain', max_tokens: 20, seed: 5 } as const;

let stand: GeneratorStand;
let replica: Replica;
let openai: OpenAI;

function clientFor(url: string): OpenAI {
  return new OpenAI({ apiKey: stand.keys.completions, baseURL: `${url}/v1`, maxRetries: 0 });
}

beforeAll(async () => {
  stand = await openGeneratorStand({ versions: 1 });
  await stand.registry.ensureDeployment('production');
  await stand.registry.promote({ deployment: 'production', versionId: stand.versions[0]?.id ?? '', actor: 'test' });
  replica = await stand.start({ MAX_COMPLETION_TOKENS: String(ENDLESS) });
  openai = clientFor(replica.url);
  await replica.ready();
});

afterAll(() => stand.close());

function post(body: string, url: string): Promise<Response> {
  const authorization = `Bearer ${stand.keys.completions}`;
  return fetch(`${url}/v1/completions`, {
    method: 'POST',
    body,
    headers: { authorization, 'content-type': 'application/json' },
  });
}

describe('a generation', () => {
  /** At temperature 0 this model goes on for ever. */
  const endless = { ...REQUEST, temperature: 0, max_tokens: ENDLESS };
  const engine = () => {
    const incumbent = replica.app.get(ModelHost).incumbent;
    if (incumbent === null) throw new Error('no incumbent');
    return incumbent.engine;
  };

  it.each([true, false])('stops when its client goes away (stream: %s)', async (stream) => {
    const client = new AbortController();
    const before = engine().activity.steps;
    const response = openai.completions.create({ ...endless, stream, n: 3 }, { signal: client.signal });
    await expect.poll(() => engine().activity.steps - before).toBeGreaterThan(5);
    client.abort();
    await Promise.resolve(response).catch(() => undefined);
    await expect.poll(() => engine().activity.pending).toBe(0);
    expect(engine().activity.steps - before).toBeLessThan(ENDLESS / 10);
  });

  it('that waits tells its stream so, and leaves the queue when its client goes away', async () => {
    const narrow = await stand.start({
      MAX_BATCH_SIZE: '1',
      MAX_COMPLETION_TOKENS: String(ENDLESS),
      STREAM_KEEP_ALIVE_MS: '10',
    });
    await narrow.ready();
    const occupant = await clientFor(narrow.url).completions.create({ ...endless, n: 2, stream: true });
    const waiting = async (): Promise<string | undefined> =>
      /understudy_choices_waiting (\d+)/.exec(await (await fetch(`${narrow.url}/metrics`)).text())?.[1];
    const authorization = `Bearer ${stand.keys.completions}`;
    for (const stream of [true, false]) {
      const client = new AbortController();
      const answer = fetch(`${narrow.url}/v1/completions`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify({ ...REQUEST, stream }),
        signal: client.signal,
      });
      await expect.poll(waiting).toBe('1');
      if (stream) {
        const reader = (await answer).body?.getReader() as ReadableStreamDefaultReader<Uint8Array> | undefined;
        expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toMatch(/^: keep-alive\n\n/);
      }
      client.abort();
      await answer.catch(() => undefined);
      await expect.poll(waiting).toBe('0');
    }
    const pending = (): number | undefined => narrow.app.get(ModelHost).incumbent?.engine.activity.pending;
    expect(pending()).toBe(1);
    occupant.controller.abort();
    await expect.poll(pending).toBe(0);
  });

  it('is refused with a time to come back when all places are taken, and taken when they are free again', async () => {
    const narrow = await stand.start({
      MAX_BATCH_SIZE: '1',
      MAX_QUEUED_REQUESTS: '1',
      MAX_COMPLETION_TOKENS: String(ENDLESS),
    });
    await narrow.ready();
    const client = new AbortController();
    const stream = await clientFor(narrow.url).completions.create(
      { ...endless, n: 2, stream: true },
      { signal: client.signal },
    );
    const refused = await post(JSON.stringify(REQUEST), narrow.url);
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({
      error: { code: 'server_is_overloaded', type: 'server_error', param: null },
    });
    expect(Number(refused.headers.get('retry-after-ms'))).toBeGreaterThan(0);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    stream.controller.abort();
    await expect.poll(async () => (await post(JSON.stringify(REQUEST), narrow.url)).status).toBe(200);
  });
});
