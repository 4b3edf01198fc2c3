import { setTimeout as sleep } from 'node:timers/promises';
import type { Failures } from './drill.js';

/** What a server holds at one moment. */
export interface ServerState {
  readonly choices: number;
  readonly residentBytes: number;
  readonly openFiles: number;
  readonly sockets: number;
  readonly timers: number;
  /** 99th percentile since the last look; a reading of about 10 ms is an idle server. */
  readonly eventLoopP99Ms: number;
}

const PATIENCE_MS = 30_000;
/** Pools of connections and their timers come and go; what leaks does so once per request or so. */
const SLACK = 12;
/** Garbage collection makes a sawtooth. */
const MEMORY_SLACK = 1.2;
const MEMORY_SLACK_BYTES = 48 * 2 ** 20;
/** Requests under way and code that is compiled as it grows hot. */
const LIVE_SLACK = 1.05;

/** Looks at a generator from outside, by its metrics. */
export class ServerWatch {
  constructor(private readonly baseUrl: string) {}

  async look(): Promise<ServerState> {
    const response = await fetch(`${this.baseUrl}/metrics`);
    const text = await response.text();
    if (!response.ok) throw new Error(`GET /metrics is answered ${response.status}: ${text.slice(0, 200)}`);
    return {
      choices: sumOf(text, 'understudy_choices_admitted'),
      residentBytes: sumOf(text, 'process_resident_memory_bytes'),
      openFiles: sumOf(text, 'process_open_fds'),
      sockets: sumOf(text, 'nodejs_active_resources', 'TCPSocketWrap'),
      timers: sumOf(text, 'nodejs_active_resources', 'Timeout'),
      eventLoopP99Ms: 1000 * sumOf(text, 'nodejs_eventloop_lag_p99_seconds'),
    };
  }

  /** Looks again and again until told to stop. */
  async follow(everyMs: number, signal: AbortSignal, onState: (state: ServerState) => void): Promise<void> {
    while (!signal.aborted) {
      onState(await this.look());
      await sleep(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /**
   * What it holds once nothing is generated any more.
   * @returns also how long that took
   * @throws Error when it does not come to rest
   */
  async idle(): Promise<ServerState & { readonly idleAfterMs: number }> {
    const start = performance.now();
    for (;;) {
      const state = await this.look();
      const idleAfterMs = performance.now() - start;
      if (state.choices === 0) return { ...state, idleAfterMs };
      if (idleAfterMs > PATIENCE_MS) throw new Error(`${state.choices} choices are still open.`);
      await sleep(20);
    }
  }

  /** What it holds once the connections of a load that is over are gone, too. */
  async settled(before: ServerState): Promise<ServerState> {
    const start = performance.now();
    for (;;) {
      const state = await this.idle();
      if (leftovers(before, state).length === 0 || performance.now() - start > PATIENCE_MS) return state;
      await sleep(250);
    }
  }
}

/** What a server holds that it did not hold before the load. */
export function leftovers(before: ServerState, after: ServerState): readonly string[] {
  return (['openFiles', 'sockets', 'timers'] as const)
    .filter((what) => after[what] > before[what] + SLACK)
    .map((what) => `${what}: ${before[what]} before, ${after[what]} after`);
}

/** Adds a failure when memory went on growing through the second half of what was seen. */
export function judgeMemory(residentBytes: readonly number[], failures: Failures): void {
  const half = Math.floor(residentBytes.length / 2);
  const [early, late] = [residentBytes.slice(1, half), residentBytes.slice(half)].map((part) => Math.max(...part));
  if (early === undefined || late === undefined || half < 2) return;
  failures.unless(
    late <= early * MEMORY_SLACK + MEMORY_SLACK_BYTES,
    `memory grows: at most ${megabytes(early)} MB in the first half, ${megabytes(late)} MB in the second`,
  );
}

/** Adds a failure when what is alive after a collection grew from the first half of what was seen to the second. */
export function judgeLiveMemory(liveBytes: readonly number[], failures: Failures): void {
  const half = Math.floor(liveBytes.length / 2);
  if (half < 2) return;
  const [early, late] = [liveBytes.slice(1, half), liveBytes.slice(half)].map((part) => Math.min(...part));
  failures.unless(
    late! <= early! * LIVE_SLACK,
    `live memory grows: at least ${megabytes(early!)} MB in the first half, ${megabytes(late!)} MB in the second`,
  );
}

/** Rounded, for people. */
export function megabytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}

/** The sum of a metric over its series, or over those with a label of this value; 0 where there are none. */
function sumOf(text: string, name: string, label = ''): number {
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  const values = lines.filter((line) => line.includes(label)).map((line) => Number(line.slice(line.lastIndexOf(' '))));
  return values.reduce((sum, value) => sum + value, 0);
}
