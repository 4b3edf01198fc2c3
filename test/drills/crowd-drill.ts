import type { GeneratorUnderTest } from '../../bench/generator-under-test.js';
import { DEFAULT_PLAN } from '../../bench/load/load-plan.js';
import { runLoad } from '../../bench/load/load-run.js';
import type { LoadResult } from '../../bench/load/load-tally.js';
import { Failures, type DrillResult, type Tell } from './drill.js';
import { judgeMemory, leftovers, megabytes, ServerWatch } from './server-watch.js';

/** How many clients come at once. */
interface CrowdOptions {
  readonly clients: number;
  readonly seconds: number;
  readonly stream: boolean;
  /** Whether being slow is a failure; only a machine that does nothing else can tell. */
  readonly judgesSpeed: boolean;
  readonly seed: number;
  readonly tell: Tell;
}

/** What a crowd is compared with. */
const FEW_CLIENTS = 64;
const FEW_SECONDS = 15;
const LOOK_EVERY_MS = 5_000;
const EVENT_LOOP_P99_LIMIT_MS = 50;
const HONEST = ['ok', 'rate_limit_exceeded', 'server_is_overloaded'];

/** Many clients at the same time, compared with few: who is not served is told when to come back, and nothing else breaks. */
export async function drillCrowd(server: GeneratorUnderTest, options: CrowdOptions): Promise<DrillResult> {
  const watch = new ServerWatch(server.baseUrl);
  const failures = new Failures();
  const { stream, seed } = options;
  const plan = { ...DEFAULT_PLAN, stream, seed };
  const seconds = Math.min(FEW_SECONDS, options.seconds);
  const loadOfFew = async (): Promise<LoadResult> => {
    const result = await runLoad(server, { ...plan, clients: FEW_CLIENTS, durationMs: seconds * 1000 });
    options.tell(`${FEW_CLIENTS} clients: ${result.completionTokensPerSecond.toFixed(0)} tokens/s`);
    return result;
  };
  const fewBefore = await loadOfFew();
  const before = await watch.idle();
  const resident: number[] = [];
  const loopP99Ms: number[] = [];
  const over = new AbortController();
  const watching = watch.follow(LOOK_EVERY_MS, over.signal, (state) => {
    resident.push(state.residentBytes);
    loopP99Ms.push(state.eventLoopP99Ms);
    options.tell(`${state.choices} choices, ${megabytes(state.residentBytes)} MB, loop ${state.eventLoopP99Ms} ms`);
  });
  const many = await runLoad(server, {
    ...plan,
    clients: options.clients,
    durationMs: options.seconds * 1000,
  }).finally(() => over.abort());
  await watching;
  const after = await watch.settled(before);
  for (const leftover of leftovers(before, after)) failures.add(leftover);
  judgeMemory(resident, failures);
  for (const [outcome, count] of Object.entries(many.outcomes))
    failures.unless(HONEST.includes(outcome), `${count} times ${outcome}`);
  failures.unless(
    many.refusalsWithoutRetryAfter === 0,
    `${many.refusalsWithoutRetryAfter} refusals do not say when to come back`,
  );
  // Before and after, since a machine's speed drifts.
  const few = [fewBefore, await loadOfFew()];
  if (options.judgesSpeed) judgeSpeed(few, many, loopP99Ms, failures);
  return {
    facts: { few, many, eventLoopP99Ms: loopP99Ms, residentMb: resident.map(megabytes) },
    failures: failures.list(),
  };
}

function judgeSpeed(
  few: readonly LoadResult[],
  many: LoadResult,
  loopP99Ms: readonly number[],
  failures: Failures,
): void {
  const worstLoopMs = Math.max(...loopP99Ms);
  failures.unless(
    worstLoopMs < EVENT_LOOP_P99_LIMIT_MS,
    `event-loop delay p99 ${worstLoopMs.toFixed(1)} ms, limit ${EVENT_LOOP_P99_LIMIT_MS} ms`,
  );
  const perSecond = many.completionTokensPerSecond;
  const fewPerSecond = few.reduce((sum, load) => sum + load.completionTokensPerSecond, 0) / few.length;
  failures.unless(
    perSecond >= fewPerSecond,
    `${perSecond.toFixed(0)} tokens/s, less than the ${fewPerSecond.toFixed(0)} of ${FEW_CLIENTS} clients`,
  );
}
