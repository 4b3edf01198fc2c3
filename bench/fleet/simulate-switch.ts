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

/** How replicas learn what serves: each reads it when it is notified, or the notification says it. */
export type SwitchWay = 'read' | 'told';

/** When replicas serve the other version, counted from the commit, in milliseconds. */
export interface SwitchTimes {
  readonly medianMs: number;
  readonly lastMs: number;
}

/**
 * Simulates how a fleet learns of a rollback: each replica is notified in its turn and switches, where it has to read after it has
 * asked the database what serves now and waited there behind the others. Whose notification got lost is left out: it polls.
 */
export function simulateSwitch(replicas: number, costs: SwitchCosts, way: SwitchWay, seed = 1): SwitchTimes {
  const random = seededRandom(seed);
  const { firstNotificationMs, perListenerMs, networkMs, switchMs } = costs;
  const heard = Array.from(
    { length: replicas },
    (_, index) => firstNotificationMs + index * perListenerMs + networkMs / 2,
  );
  const known = way === 'told' ? heard : read(heard, costs, random);
  const times = known.map((knownAtMs) => knownAtMs + exponential(random, switchMs / 2)).sort((a, b) => a - b);
  return { medianMs: times[Math.floor((replicas - 1) / 2)] ?? 0, lastMs: times.at(-1) ?? 0 };
}

/** When those who have heard of a change know what it is, if each of them asks. */
function read(
  heard: readonly number[],
  { readMs, databaseCores, networkMs, switchMs }: SwitchCosts,
  random: () => number,
): number[] {
  /** When each processor of the database is free again. */
  const freeAtMs = Array.from({ length: databaseCores }, () => 0);
  const arrivals = heard
    .map((heardAtMs) => heardAtMs + networkMs / 2 + exponential(random, switchMs / 2))
    .sort((a, b) => a - b);
  return arrivals.map((arrivedAtMs) => {
    const core = freeAtMs.indexOf(Math.min(...freeAtMs));
    const doneAtMs = Math.max(arrivedAtMs, freeAtMs[core] ?? 0) + exponential(random, readMs);
    freeAtMs[core] = doneAtMs;
    return doneAtMs + networkMs / 2;
  });
}

function exponential(random: () => number, mean: number): number {
  return -mean * Math.log(1 - random());
}
