import { withGenerator } from './generator-under-test.js';
import { DEFAULT_PLAN, type LoadPlan, type Target } from './load/load-plan.js';
import { runLoad } from './load/load-run.js';
import type { BenchOptions } from './options.js';
import type { Report } from './report.js';

const DURATION_SECONDS = 10;
/** No limit to a run that a number of requests ends; longer than a timer can wait would be none at all. */
const A_DAY_SECONDS = 86_400;

/**
 * Sends completion requests over HTTP, in a closed loop (each client sends its next request when its last one is answered)
 * or, with a rate, in an open one (requests arrive at random moments, whatever the server does).
 */
export async function benchHttp(options: BenchOptions, report: Report): Promise<void> {
  if (options.baseUrl === undefined) {
    await withGenerator({ preset: options.preset }, (target) => measure(target, options, report));
  } else if (options.key === undefined) {
    throw new TypeError('--base-url needs --key KEY, an API key with the scope completions.');
  } else {
    await measure({ baseUrl: options.baseUrl, key: options.key }, options, report);
  }
}

async function measure(target: Target, options: BenchOptions, report: Report): Promise<void> {
  const plan = planOf(options);
  const { seconds, outcomes, ...result } = await runLoad(target, plan);
  report.add({
    bench: 'http',
    preset: options.preset,
    loop: plan.rate > 0 ? `open, ${plan.rate}/s` : 'closed',
    clients: plan.clients,
    maxTokens: plan.tokens,
    stream: plan.stream,
    seconds,
    ...result,
    outcomes,
  });
}

function planOf(options: BenchOptions): LoadPlan {
  return {
    ...DEFAULT_PLAN,
    model: options.model,
    tokens: options.tokens,
    stream: options.stream,
    clients: options.clients,
    rate: options.rate,
    aborts: options.aborts,
    seed: options.seed,
    warmUpMs: options.warmUp * 1000,
    durationMs: 1000 * (options.duration ?? (options.requests === undefined ? DURATION_SECONDS : A_DAY_SECONDS)),
    requests: options.requests ?? Infinity,
  };
}
