import { availableParallelism } from 'node:os';
import { withGenerators, type GeneratorUnderTest } from './generator-under-test.js';
import { DEFAULT_PLAN } from './load/load-plan.js';
import { runLoad } from './load/load-run.js';
import type { BenchOptions } from './options.js';
import type { Report } from './report.js';

const DURATION_SECONDS = 8;
const SWITCHES = 20;
const POLL_MS = 2;

/**
 * Replicas on one machine: tokens per second with the clients shared out among them, and how long it takes until each of them
 * serves the other version after a promotion or a rollback, under that load and without.
 */
export async function benchReplicas(options: BenchOptions, report: Report): Promise<void> {
  for (const replicas of options.replicas) {
    const threads = Math.max(1, Math.floor(availableParallelism() / replicas));
    const settings = { SERVING_THREADS: String(threads) };
    await withGenerators({ preset: options.preset, versions: 2, settings, replicas }, async (generators) => {
      const plan = {
        ...DEFAULT_PLAN,
        clients: Math.max(1, Math.round(options.clients / replicas)),
        tokens: options.tokens,
        warmUpMs: options.warmUp * 1000,
        durationMs: 1000 * (options.duration ?? DURATION_SECONDS),
      };
      const results = await Promise.all(generators.map((generator) => runLoad(generator, plan)));
      const quiet = await switchTimes(generators);
      const stopping = new AbortController();
      const load = generators.map((generator) =>
        runLoad(generator, { ...plan, durationMs: 600_000 }, { signal: stopping.signal }),
      );
      const busy = await switchTimes(generators);
      stopping.abort();
      const undisturbed = await Promise.all(load);
      report.add({
        bench: 'replicas',
        preset: options.preset,
        replicas,
        threads,
        clients: plan.clients * replicas,
        tokensPerSecond: sum(results.map(({ completionTokensPerSecond }) => completionTokensPerSecond)),
        requestsPerSecond: sum(results.map(({ requestsPerSecond }) => requestsPerSecond)),
        p99Ms: Math.max(...results.map(({ latencyMs }) => latencyMs.p99)),
        switchQuietMs: quiet,
        switchBusyMs: busy,
        failedWhileSwitching: sum(
          undisturbed.map(({ outcomes }) => sum(Object.values(outcomes)) - (outcomes['ok'] ?? 0)),
        ),
      });
    });
  }
}

/** From the sending of a promotion or rollback until every replica serves what it says: median and longest. */
async function switchTimes(
  generators: readonly GeneratorUnderTest[],
): Promise<{ readonly median: number; readonly longest: number }> {
  const [first] = generators;
  if (first === undefined) throw new TypeError('At least one replica is needed.');
  const { versions, adminKey, baseUrl } = first;
  const [one = '', other = ''] = versions;
  const times: number[] = [];
  for (let turn = 0; turn < SWITCHES; turn++) {
    const isRollback = turn % 2 === 1;
    const beganAtMs = performance.now();
    const response = await fetch(`${baseUrl}/v1/admin/deployments/production/${isRollback ? 'rollback' : 'promote'}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(isRollback ? { reason: 'bench' } : { version: other, reason: 'bench' }),
    });
    if (!response.ok) throw new TypeError(`The switch was answered ${response.status}: ${await response.text()}`);
    await response.text();
    const wanted = isRollback ? one : other;
    await Promise.all(generators.map((generator) => untilServing(generator.baseUrl, wanted)));
    times.push(performance.now() - beganAtMs);
  }
  times.sort((a, b) => a - b);
  return { median: times[Math.floor(SWITCHES / 2)] ?? 0, longest: times.at(-1) ?? 0 };
}

async function untilServing(baseUrl: string, version: string): Promise<void> {
  for (;;) {
    const response = await fetch(`${baseUrl}/health/ready`);
    const { model_version: serving } = (await response.json()) as { readonly model_version: string | null };
    if (serving === version) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
