import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { guardAgainstLeaks } from '#testing';
import { DEFAULT_PLAN, type LoadPlan, type Target } from './load-plan.js';
import { runLoad, type LoadHooks } from './load-run.js';
import type { Exchange, LoadResult } from './load-tally.js';

guardAgainstLeaks();

type Handler = (body: { seed: number; stream: boolean }, response: ServerResponse, request: IncomingMessage) => void;

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
});

async function serve(handler: Handler): Promise<Target> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () =>
      handler(JSON.parse(Buffer.concat(chunks).toString()) as Parameters<Handler>[0], response, request),
    );
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, key: 'secret' };
}

const USAGE = { usage: { prompt_tokens: 1, completion_tokens: 7, total_tokens: 8 } };
const answer: Handler = (_body, response) => response.end(JSON.stringify(USAGE));

async function load(
  target: Target,
  plan: Partial<LoadPlan>,
  hooks: LoadHooks = {},
): Promise<{ result: LoadResult; exchanges: Exchange[] }> {
  const exchanges: Exchange[] = [];
  const whole = { ...DEFAULT_PLAN, clients: 3, warmUpMs: 0, durationMs: 60_000, requests: 30, ...plan };
  const result = await runLoad(target, whole, { onExchange: (exchange) => exchanges.push(exchange), ...hooks });
  return { result, exchanges };
}

describe('a closed loop', () => {
  it('has no more requests under way than clients, and counts what it was told to', async () => {
    let inside = 0;
    let most = 0;
    const target = await serve((body, response, request) => {
      most = Math.max(most, ++inside);
      setImmediate(() => {
        inside--;
        answer(body, response, request);
      });
    });
    const { result } = await load(target, {});
    expect(most).toBeLessThanOrEqual(3);
    expect(result.outcomes).toEqual({ ok: 30 });
    expect(result.completionTokensPerSecond).toBeCloseTo(7 * result.requestsPerSecond, 5);
  });

  it('sends each request once, with the same seeds for the same plan', async () => {
    const seeds: number[][] = [];
    for (let round = 0; round < 2; round++) {
      const seen: number[] = [];
      const target = await serve((body, response, request) => {
        seen.push(body.seed);
        answer(body, response, request);
      });
      await load(target, { clients: 1, requests: 5 });
      seeds.push(seen);
    }
    expect(seeds[0]).toEqual(seeds[1]);
    expect(new Set(seeds[0]).size).toBe(5);
  });

  it('counts errors by their code, and refusals that do not say when to come back', async () => {
    let count = 0;
    const target = await serve((_body, response) => {
      const refused = count++ % 2 === 0;
      response.writeHead(refused ? 429 : 400, refused && count === 1 ? { 'retry-after-ms': '1' } : {});
      response.end(JSON.stringify({ error: { code: refused ? 'rate_limit_exceeded' : 'invalid_value' } }));
    });
    const { result } = await load(target, { clients: 1, requests: 3 });
    expect(result.outcomes).toEqual({ invalid_value: 1, rate_limit_exceeded: 2 });
    expect(result.refusalsWithoutRetryAfter).toBe(1);
  });

  it('takes a stream without its last event, one with an error, and a cut answer for failures', async () => {
    const streams = [
      'data: {"choices":[]}\n\ndata: {"usage":{"completion_tokens":9}}\n\ndata: [DONE]\n\n',
      'data: {"choices":[]}\n\n',
      'data: {"error":{"code":"server_error"}}\n\ndata: [DONE]\n\n',
    ];
    let count = 0;
    const target = await serve((_body, response) => {
      const stream = streams[count++];
      if (stream === undefined) {
        response.writeHead(200, { 'content-length': '100' }).write('half');
        setImmediate(() => response.destroy());
      } else response.writeHead(200, { 'content-type': 'text/event-stream' }).end(stream);
    });
    const { result, exchanges } = await load(target, { clients: 1, requests: 4, stream: true });
    expect(result.outcomes).toMatchObject({ ok: 1, 'stream without an end': 1, 'in the stream: server_error': 1 });
    expect(Object.keys(result.outcomes)).toHaveLength(4);
    expect(exchanges[0]?.answer.completionTokens).toBe(9);
  });

  it('breaks off the share of requests that it was told to', async () => {
    const target = await serve(() => undefined);
    const { result } = await load(target, { aborts: 1, requests: 10 });
    expect(result.outcomes).toEqual({ aborted: 10 });
  });

  it('ends when it is told to', async () => {
    const stopping = new AbortController();
    const target = await serve((body, response, request) => {
      stopping.abort();
      answer(body, response, request);
    });
    const { exchanges } = await load(target, { requests: Infinity }, { signal: stopping.signal });
    expect(exchanges.every((exchange) => exchange.answer.outcome === 'ok')).toBe(true);
  });
});

describe('an open loop', () => {
  it('does not wait for answers before it sends more', async () => {
    const waiting: (() => void)[] = [];
    const target = await serve((body, response, request) => {
      waiting.push(() => answer(body, response, request));
      if (waiting.length === 20) for (const go of waiting) go();
      else if (waiting.length > 20) answer(body, response, request);
    });
    const { result } = await load(target, { rate: 2000, clients: 100, requests: 25 });
    expect(result.outcomes).toEqual({ ok: 25 });
  });

  it('counts the time that a request waits for a connection', async () => {
    const target = await serve((body, response, request) => setTimeout(() => answer(body, response, request), 20));
    const { exchanges } = await load(target, { rate: 2000, clients: 1, requests: 5 });
    const waits = exchanges.map(({ dueAtMs, endedAtMs }) => endedAtMs - dueAtMs);
    // They are due at about the same time and served one after another.
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
  });
});
