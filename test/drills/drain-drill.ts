import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_PLAN } from '../../bench/load/load-plan.js';
import { runLoad } from '../../bench/load/load-run.js';
import { seededRandom } from '../../bench/seeded-random.js';
import { Failures, type DrillResult, type Tell } from './drill.js';
import type { Run } from './drilled-generator.js';

/** How often, and for how many clients. */
interface DrainOptions {
  readonly rounds: number;
  readonly clients: number;
  readonly seed: number;
  readonly tell: Tell;
}

/** A line for each request. */
const LOGGED = { LOG_LEVEL: 'info' } as const;
/** The moment of the signal falls into this time. */
const LONGEST_WAIT_MS = 2_000;
const A_MINUTE_MS = 60_000;
/** Connections that a server closes because it stops; whether it had read a request shows in its log. */
const CLOSED = ['closed', 'ECONNRESET', 'EPIPE'];
const REFUSED = 'ECONNREFUSED';

/**
 * A generator is told to stop under load, at random moments. Every request that it has taken is answered; one that came on an
 * idle connection in the moment of its closing was not read, which its log shows, and is safe to send again.
 */
export async function drillDrain(run: Run, options: DrainOptions): Promise<DrillResult> {
  const failures = new Failures();
  const random = seededRandom(options.seed);
  const outcomes: Record<string, number> = {};
  const stopSeconds: number[] = [];
  let unread = 0;
  for (let round = 0; round < options.rounds; round++) {
    const { failures: complaints } = await run({ settings: LOGGED }, async (server, lines) => {
      const lost: string[] = [];
      const over = new AbortController();
      const idOf = (stream: boolean, number: number): string => `drain-${round}-${stream ? 's' : 'j'}-${number}`;
      const load = (stream: boolean): Promise<unknown> =>
        runLoad(
          server,
          { ...DEFAULT_PLAN, stream, clients: options.clients / 2, warmUpMs: 0, durationMs: A_MINUTE_MS },
          {
            signal: over.signal,
            requestId: (number) => idOf(stream, number),
            onExchange: ({ number, answer: { outcome, status } }) => {
              if (outcome === REFUSED) over.abort();
              outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
              if (CLOSED.includes(outcome) && status === 0) lost.push(idOf(stream, number));
              else failures.unless(outcome === 'ok' || outcome === REFUSED, `${idOf(stream, number)}: ${outcome}`);
            },
          },
        );
      const loads = Promise.all([load(true), load(false)]);
      await sleep(300 + random() * LONGEST_WAIT_MS);
      const startMs = performance.now();
      const exit = await server.stop();
      stopSeconds.push((performance.now() - startMs) / 1000);
      over.abort();
      await loads;
      failures.unless(exit === 0, `round ${round}: it exits with ${exit}`);
      unread += lost.length;
      const log = lines.join('\n');
      for (const id of lost) failures.unless(!log.includes(`"${id}"`), `${id} was read and not answered`);
      options.tell(`round ${round + 1}: stopped in ${stopSeconds.at(-1)?.toFixed(1) ?? ''} s, ${lost.length} unread`);
      return { facts: {}, failures: [] };
    });
    for (const complaint of complaints) failures.add(complaint);
  }
  return { facts: { outcomes, unread, slowestStopSeconds: Math.max(...stopSeconds) }, failures: failures.list() };
}
