import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { withGenerator } from './generator-under-test.js';
import { DEFAULT_PLAN } from './load/load-plan.js';
import { runLoad } from './load/load-run.js';
import type { BenchOptions } from './options.js';
import type { Report } from './report.js';

const DURATION_SECONDS = 6;
/** null: not traced at all. */
const SHARES = [null, 0.01, 1] as const;
/** Each share again and again, so that a change of the machine does not fall on one of them. */
const ROUNDS = 3;

/** What traces cost: the same closed loop without them, with the usual share of the requests, and with all of them. */
export async function benchTraces(options: BenchOptions, report: Report): Promise<void> {
  for (let round = 1; round <= ROUNDS; round++) {
    for (const share of SHARES) {
      const collector = await startCollector();
      const settings: Record<string, string> =
        share === null ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, TRACE_SAMPLE_SHARE: String(share) };
      const result = await withGenerator({ preset: options.preset, settings }, (generator) =>
        runLoad(generator, {
          ...DEFAULT_PLAN,
          clients: options.clients,
          tokens: options.tokens,
          stream: options.stream,
          warmUpMs: options.warmUp * 1000,
          durationMs: 1000 * (options.duration ?? DURATION_SECONDS),
        }),
      );
      const { batches, bytes } = await collector.close();
      report.add({
        bench: 'traces',
        round,
        traced: share ?? 'off',
        clients: options.clients,
        tokensPerSecond: result.completionTokensPerSecond,
        requestsPerSecond: result.requestsPerSecond,
        p50Ms: result.latencyMs.p50,
        p99Ms: result.latencyMs.p99,
        batches,
        mebibytes: bytes / 2 ** 20,
      });
    }
  }
}

/** Takes everything and keeps nothing, in this process, which sends the requests too. */
async function startCollector(): Promise<{
  readonly endpoint: string;
  close(): Promise<{ readonly batches: number; readonly bytes: number }>;
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
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
      return { batches, bytes };
    },
  };
}
