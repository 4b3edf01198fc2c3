import { setTimeout as sleep } from 'node:timers/promises';
import type { GeneratorUnderTest } from '../../bench/generator-under-test.js';
import { CompletionClient } from '../../bench/load/completion-client.js';
import { DEFAULT_PLAN, requestBody, type LoadPlan } from '../../bench/load/load-plan.js';
import { runLoad } from '../../bench/load/load-run.js';
import type { Exchange, LoadResult } from '../../bench/load/load-tally.js';
import { fieldOf } from '../../bench/load/response-parser.js';
import { Failures, type DrillResult, type Tell } from './drill.js';

/** Versions that are promoted in turn; more than are kept in memory, so that each swap loads one. */
export const SWAPPED_VERSIONS = 5;

/** How long, and for how many clients. */
interface SwapOptions {
  readonly seconds: number;
  readonly swapEveryMs: number;
  readonly clients: number;
  readonly stream: boolean;
  /** Texts that are generated again afterwards and compared. */
  readonly replays: number;
  /** Whether waiting longer than undisturbed is a failure; only a machine that does nothing else can tell. */
  readonly judgesSpeed: boolean;
  readonly seed: number;
  readonly tell: Tell;
}

const UNDISTURBED_SECONDS = 15;
const P99_LIMIT = 2;

/** Another version is promoted again and again under load; nobody may notice by a failure, a mixed text or a long wait. */
export async function drillSwaps(server: GeneratorUnderTest, options: SwapOptions): Promise<DrillResult> {
  const failures = new Failures();
  const { clients, stream, seed } = options;
  const plan: LoadPlan = { ...DEFAULT_PLAN, clients, stream, seed, keepBodies: true };
  const still = await runLoad(server, {
    ...plan,
    durationMs: 1000 * Math.min(UNDISTURBED_SECONDS, options.seconds),
  });
  options.tell(`undisturbed: p99 ${still.latencyMs.p99.toFixed(0)} ms`);
  const exchanges: Exchange[] = [];
  const over = new AbortController();
  const swapping = swap(server, options, over.signal);
  const swapped = await runLoad(
    server,
    { ...plan, durationMs: options.seconds * 1000 },
    { onExchange: (exchange) => exchanges.push(exchange) },
  ).finally(() => over.abort());
  const swaps = await swapping;
  const answered = exchanges.filter(({ answer }) => answer.outcome === 'ok');
  for (const { number, answer } of exchanges)
    failures.unless(answer.outcome === 'ok', `request ${number}: ${answer.status} ${answer.outcome}`);
  const versions = new Set(answered.map(versionOf));
  failures.unless(versions.size > 1, 'only one version has answered');
  if (options.judgesSpeed) judgeLatency(still, swapped, failures);
  const replayed = await replay(server, plan, sample(answered, options.replays), failures);
  return { facts: { swaps, versions: versions.size, replayed, still, swapped }, failures: failures.list() };
}

/** Promotes the versions in turn until told to stop; gives how often. */
async function swap(
  server: GeneratorUnderTest,
  { swapEveryMs, tell }: SwapOptions,
  signal: AbortSignal,
): Promise<number> {
  let swaps = 0;
  while (!signal.aborted) {
    const version = server.versions[++swaps % server.versions.length] ?? '';
    const startMs = performance.now();
    const response = await fetch(`${server.baseUrl}/v1/admin/deployments/production/promote`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.adminKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ version, reason: 'drill' }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`The promotion is answered ${response.status}: ${text}`);
    const tookMs = performance.now() - startMs;
    if (swaps % 10 === 0) tell(`${swaps} swaps, the last in ${tookMs.toFixed(0)} ms`);
    await sleep(Math.max(0, swapEveryMs - tookMs), undefined, { signal }).catch(() => undefined);
  }
  return swaps;
}

function judgeLatency(still: LoadResult, swapped: LoadResult, failures: Failures): void {
  failures.unless(
    swapped.latencyMs.p99 <= P99_LIMIT * still.latencyMs.p99,
    `latency p99 ${swapped.latencyMs.p99.toFixed(0)} ms, more than twice the undisturbed ${still.latencyMs.p99.toFixed(0)} ms`,
  );
}

/** Asks for each text once more, from the version that its header names; a text of two versions is not given again. */
async function replay(
  server: GeneratorUnderTest,
  plan: LoadPlan,
  exchanges: readonly Exchange[],
  failures: Failures,
): Promise<number> {
  const client = new CompletionClient(server);
  try {
    // Version by version, since not all of them stay in memory.
    for (const exchange of [...exchanges].sort((a, b) => (versionOf(a) < versionOf(b) ? -1 : 1))) {
      const body = { ...requestBody(plan, exchange.number), model: versionOf(exchange) };
      const again = await client.send(body, { stream: plan.stream, keepBody: true });
      failures.unless(again.outcome === 'ok', `the replay of ${exchange.number} is answered ${again.outcome}`);
      const [was, is] = [exchange.answer.body, again.body].map((text) => completionText(text, plan.stream));
      failures.unless(
        was?.text === is?.text && was?.model === versionOf(exchange),
        `request ${exchange.number} of ${versionOf(exchange)}: ${JSON.stringify(was)}, again ${JSON.stringify(is)}`,
      );
    }
    return exchanges.length;
  } finally {
    client.close();
  }
}

function versionOf({ answer }: Exchange): string {
  return fieldOf(answer.fields, 'x-model-version') ?? '';
}

/** Evenly over the run. */
function sample<T>(items: readonly T[], most: number): readonly T[] {
  const step = Math.max(1, items.length / most);
  return items.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
}

interface Piece {
  readonly model: string;
  readonly choices: readonly { readonly text: string }[];
}

/** The text, and the version that the body names; several versions in one stream are told as such. */
function completionText(body: string, stream: boolean): { readonly text: string; readonly model: string } {
  const events = stream ? body.split('\n\n').filter((event) => event.startsWith('data: {')) : [body];
  const pieces = events.map((event) => JSON.parse(stream ? event.slice('data: '.length) : event) as Piece);
  return {
    text: pieces.flatMap(({ choices }) => choices.map(({ text }) => text)).join(''),
    model: [...new Set(pieces.map(({ model }) => model))].join(' and '),
  };
}
