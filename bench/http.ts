import { Agent, request } from 'node:http';
import { withGenerator, type Target } from './generator-under-test.js';
import type { BenchOptions } from './options.js';
import type { Report } from './report.js';

/** Requests per client unless `--requests` says otherwise. */
const REQUESTS_PER_CLIENT = 20;
const WARMUP_REQUESTS_PER_CLIENT = 1;
const PROMPTS = ['w1 w2 w3', 'w10 w11', 'w7', 'w5 w20 w31 w42', 'w2 w4 w8 w16'];

/** What one request took and brought. */
interface Exchange {
  readonly status: number;
  readonly latencyMs: number;
  /** Time to the first byte of the body. */
  readonly firstByteMs: number;
  readonly completionTokens: number;
}

/** Closed loop: each client sends its next request when its last one is answered. */
export async function benchHttp(options: BenchOptions, report: Report): Promise<void> {
  if (options.baseUrl === undefined) await withGenerator(options.preset, (target) => measure(target, options, report));
  else if (options.key === undefined)
    throw new TypeError('--base-url needs --key KEY, an API key with the scope completions.');
  else await measure({ baseUrl: options.baseUrl, key: options.key }, options, report);
}

async function measure(target: Target, options: BenchOptions, report: Report): Promise<void> {
  const { clients, tokens: maxTokens, stream } = options;
  const total = options.requests ?? clients * REQUESTS_PER_CLIENT;
  await load(target, options, clients * WARMUP_REQUESTS_PER_CLIENT);
  const start = performance.now();
  const exchanges = await load(target, options, total);
  const seconds = (performance.now() - start) / 1000;
  const good = exchanges.filter(({ status }) => status === 200);
  const statuses: Record<string, number> = {};
  for (const { status } of exchanges) statuses[status] = (statuses[status] ?? 0) + 1;
  report.add({
    bench: 'http',
    preset: options.preset,
    clients,
    maxTokens,
    stream,
    completionTokensPerSecond: good.reduce((sum, { completionTokens }) => sum + completionTokens, 0) / seconds,
    requestsPerSecond: good.length / seconds,
    ttftMs: percentiles(good.map(({ firstByteMs }) => firstByteMs)),
    latencyMs: percentiles(good.map(({ latencyMs }) => latencyMs)),
    statuses,
  });
}

async function load(target: Target, options: BenchOptions, total: number): Promise<Exchange[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: options.clients });
  const exchanges: Exchange[] = [];
  let sent = 0;
  const client = async (): Promise<void> => {
    while (sent < total) exchanges.push(await send(target, options, agent, sent++));
  };
  await Promise.all(Array.from({ length: options.clients }, client));
  agent.destroy();
  return exchanges;
}

function send(
  { baseUrl, key }: Target,
  { model, tokens, stream }: BenchOptions,
  agent: Agent,
  index: number,
): Promise<Exchange> {
  const body = JSON.stringify({
    model,
    prompt: PROMPTS[index % PROMPTS.length],
    max_tokens: tokens,
    seed: index,
    stream,
  });
  const headers = {
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  };
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const outgoing = request(`${baseUrl}/v1/completions`, { method: 'POST', agent, headers }, (response) => {
      let firstByteMs = 0;
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => {
        firstByteMs ||= performance.now() - start;
        chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const status = response.statusCode ?? 0;
        const completionTokens = status === 200 ? countTokens(text, stream, tokens) : 0;
        resolve({ status, latencyMs: performance.now() - start, firstByteMs, completionTokens });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Tokens of an answer: by its usage, or, of a stream, by its events. */
function countTokens(text: string, stream: boolean, most: number): number {
  if (!stream) return (JSON.parse(text) as { usage: { completion_tokens: number } }).usage.completion_tokens;
  return Math.min(most, text.split('\n\n').filter((event) => event.startsWith('data: {')).length);
}

function percentiles(values: number[]): { p50: number; p99: number } {
  const sorted = values.sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}
