import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { withGenerator, type GeneratorUnderTest } from './generator-under-test.js';
import { DEFAULT_PLAN } from './load/load-plan.js';
import { runLoad } from './load/load-run.js';
import type { LoadResult } from './load/load-tally.js';
import type { BenchOptions } from './options.js';
import type { Report } from './report.js';

const SLICE_SECONDS = 2;
/** null: not traced at all. */
const SHARES = [null, 0.01, 1] as const;
/** All of them in turns, so that what else the machine does falls on each alike. */
const ROUNDS = 10;

/** A generator that traces this share of its requests, and what it took for a token in each round. */
interface Lane {
  readonly share: number | null;
  readonly generator: GeneratorUnderTest;
  readonly collector: Awaited<ReturnType<typeof startCollector>>;
  readonly results: LoadResult[];
  readonly microsPerToken: number[];
}

/**
 * What traces cost: the same closed loop without them, with the usual share of the requests, and with all of them. Processor time
 * per token says so on a machine that does other things besides, too.
 */
export async function benchTraces(options: BenchOptions, report: Report): Promise<void> {
  await withLanes(options.preset, SHARES, async (lanes) => {
    const plan = {
      ...DEFAULT_PLAN,
      clients: options.clients,
      tokens: options.tokens,
      stream: options.stream,
      warmUpMs: 0,
      durationMs: 1000 * (options.duration ?? SLICE_SECONDS),
    };
    for (const { generator } of lanes) await runLoad(generator, { ...plan, durationMs: 1000 * options.warmUp });
    for (let round = 0; round < ROUNDS; round++) {
      for (const { generator, results, microsPerToken } of lanes) {
        const before = await readSpent(generator);
        results.push(await runLoad(generator, plan));
        const after = await readSpent(generator);
        const micros = 1e6 * (after.processorSeconds - before.processorSeconds);
        microsPerToken.push(micros / (after.tokens - before.tokens));
      }
    }
    const [off] = lanes;
    for (const { share, results, microsPerToken, collector } of lanes) {
      const ratios = microsPerToken.map((micros, round) => micros / (off?.microsPerToken[round] ?? NaN));
      report.add({
        bench: 'traces',
        traced: share ?? 'off',
        clients: options.clients,
        tokensPerSecond: median(results.map(({ completionTokensPerSecond }) => completionTokensPerSecond)),
        p99Ms: median(results.map(({ latencyMs }) => latencyMs.p99)),
        processorMicrosPerToken: median(microsPerToken),
        ratioToOff: median(ratios),
        ratioLeast: Math.min(...ratios),
        ratioMost: Math.max(...ratios),
        ...collector.received(),
      });
    }
  });
}

/** Starts a generator for each share, one inside of the other, so that all of them run at once. */
async function withLanes(
  preset: string,
  shares: readonly (number | null)[],
  use: (lanes: readonly Lane[]) => Promise<void>,
): Promise<void> {
  const [share, ...others] = shares;
  if (share === undefined) return use([]);
  const collector = await startCollector();
  try {
    const settings: Record<string, string> =
      share === null ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, TRACE_SAMPLE_SHARE: String(share) };
    await withGenerator({ preset, settings }, (generator) => {
      const lane: Lane = { share, generator, collector, results: [], microsPerToken: [] };
      return withLanes(preset, others, (lanes) => use([lane, ...lanes]));
    });
  } finally {
    await collector.close();
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/** What a generator has spent and made so far, as it tells Prometheus. */
async function readSpent({ baseUrl }: GeneratorUnderTest): Promise<{ processorSeconds: number; tokens: number }> {
  const lines = (await (await fetch(`${baseUrl}/metrics`)).text()).split('\n');
  const sumOf = (begin: string, label = ''): number =>
    lines
      .filter((line) => line.startsWith(begin) && line.includes(label))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  return {
    processorSeconds: sumOf('process_cpu_seconds_total '),
    tokens: sumOf('understudy_tokens_total{', 'kind="completion"'),
  };
}

/** Takes everything and keeps nothing, in this process, which sends the requests too. */
async function startCollector(): Promise<{
  readonly endpoint: string;
  received(): { readonly batches: number; readonly mebibytes: number };
  close(): Promise<void>;
}> {
  let batches = 0;
  let bytes = 0;
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => (bytes += chunk.length));
    request.on('end', () => {
      batches += 1;
      response.setHeader('content-type', 'application/json');
      response.end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    received: () => ({ batches, mebibytes: bytes / 2 ** 20 }),
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
