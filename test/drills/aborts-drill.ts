import type { GeneratorUnderTest } from '../../bench/generator-under-test.js';
import { DEFAULT_PLAN } from '../../bench/load/load-plan.js';
import { runLoad } from '../../bench/load/load-run.js';
import { Failures, type DrillResult, type Tell } from './drill.js';
import { judgeMemory, leftovers, megabytes, ServerWatch } from './server-watch.js';

/** Settings of a generator under which many of the clients wait in the queue. */
export const ABORT_SETTINGS = { MAX_BATCH_SIZE: '16' } as const;

/** How many clients go away, and how many there are. */
interface AbortOptions {
  readonly aborts: number;
  readonly clients: number;
  readonly seed: number;
  readonly tell: Tell;
}

/** Of the requests; the others show how long one takes. */
const ABORTED_SHARE = 0.9;
const ROUNDS = 10;
const A_DAY_MS = 86_400_000;

/**
 * Half of the clients stream, half do not, and most go away at a random moment: before they are served, while they are,
 * or as they are about to be answered. Afterwards the server must hold nothing of them.
 */
export async function drillAborts(server: GeneratorUnderTest, options: AbortOptions): Promise<DrillResult> {
  const watch = new ServerWatch(server.baseUrl);
  const failures = new Failures();
  const outcomes: Record<string, number> = {};
  const load = async (requests: number, stream: boolean, seed: number): Promise<void> => {
    const half = { ...DEFAULT_PLAN, stream, seed, requests, clients: Math.ceil(options.clients / 2) };
    await runLoad(
      server,
      { ...half, aborts: ABORTED_SHARE, warmUpMs: 0, durationMs: A_DAY_MS },
      {
        onExchange: ({ answer: { outcome } }) => (outcomes[outcome] = (outcomes[outcome] ?? 0) + 1),
      },
    );
  };
  const both = (requests: number, seed: number): Promise<unknown> =>
    Promise.all([true, false].map((stream) => load(Math.ceil(requests / 2), stream, seed)));
  // Opens what stays open: connections to the database, code that is compiled.
  await both(options.clients * 4, options.seed + ROUNDS);
  const before = await watch.idle();
  const resident = [];
  let slowestIdleMs = 0;
  const start = performance.now();
  for (let round = 0; round < ROUNDS; round++) {
    await both(options.aborts / ABORTED_SHARE / ROUNDS, options.seed + round);
    const state = await watch.idle();
    slowestIdleMs = Math.max(slowestIdleMs, state.idleAfterMs);
    resident.push(state.residentBytes);
    options.tell(`${outcomes['aborted'] ?? 0} aborted, ${megabytes(state.residentBytes)} MB`);
  }
  const seconds = (performance.now() - start) / 1000;
  const after = await watch.settled(before);
  for (const leftover of leftovers(before, after)) failures.add(leftover);
  judgeMemory(resident, failures);
  for (const outcome of Object.keys(outcomes))
    failures.unless(outcome === 'ok' || outcome === 'aborted', `${outcomes[outcome] ?? 0} times ${outcome}`);
  return { facts: { outcomes, seconds, slowestIdleMs, before, after }, failures: failures.list() };
}
