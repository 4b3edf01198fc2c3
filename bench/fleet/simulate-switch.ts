import { seededRandom } from '../seeded-random.js';

/** What one switch of the version costs, as measured on one database; times in milliseconds. */
export interface SwitchCosts {
  /** From the commit until the first replica hears of it. */
  readonly firstNotificationMs: number;
  /** The database wakes its listeners one after the other: so much later each. */
  readonly perListenerMs: number;
  /** Time of the database for one reading of what serves. */
  readonly readMs: number;
  /** Processors of the database. */
  readonly databaseCores: number;
  /** From a replica to the database and back. */
  readonly networkMs: number;
  /** The assignment itself, in a version that is loaded; the event loop may be busy with a step. */
  readonly switchMs: number;
}

/** When replicas serve the other version, counted from the commit, in milliseconds. */
export interface SwitchTimes {
  readonly medianMs: number;
  readonly lastMs: number;
}

/**
 * Simulates how a fleet learns of a rollback: each replica is notified in its turn, asks the database what serves now, waits there
 * behind the others, and switches. Whose notification got lost is left out: it polls.
 */
export function simulateSwitch(replicas: number, costs: SwitchCosts, seed = 1): SwitchTimes {
  const random = seededRandom(seed);
  const { firstNotificationMs, perListenerMs, readMs, databaseCores, networkMs, switchMs } = costs;
  /** When each processor of the database is free again. */
  const freeAtMs = Array.from({ length: databaseCores }, () => 0);
  const arrivals = Array.from({ length: replicas }, (_, index) => {
    const heardAtMs = firstNotificationMs + index * perListenerMs + networkMs / 2;
    return heardAtMs + networkMs / 2 + exponential(random, switchMs / 2);
  }).sort((a, b) => a - b);
  const times = arrivals.map((arrivedAtMs) => {
    const core = freeAtMs.indexOf(Math.min(...freeAtMs));
    const doneAtMs = Math.max(arrivedAtMs, freeAtMs[core] ?? 0) + exponential(random, readMs);
    freeAtMs[core] = doneAtMs;
    return doneAtMs + networkMs / 2 + exponential(random, switchMs / 2);
  });
  times.sort((a, b) => a - b);
  return { medianMs: times[Math.floor((replicas - 1) / 2)] ?? 0, lastMs: times.at(-1) ?? 0 };
}

function exponential(random: () => number, mean: number): number {
  return -mean * Math.log(1 - random());
}
