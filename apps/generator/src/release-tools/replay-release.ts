import { decide, explain, initialState, type ReleaseStatistics, type Situation } from '#release-policy';
import type { Registry } from '#registry';
import { addObservation, type Release, type ReleaseEvent } from '#registry/releases';
import { readEvents, readObservations } from './read-release.js';

/** A decision on record, made again. */
export interface ReplayedDecision {
  readonly event: ReleaseEvent;
  /** How many observations it was made from. */
  readonly position: number;
  /** Where the record and the replay differ; empty when they agree to the last bit. */
  readonly differences: readonly string[];
}

/** A release, made again from its observations. */
export interface Replay {
  readonly release: Release;
  readonly observations: number;
  /** Where the stored statistics and the replayed ones differ. */
  readonly differences: readonly string[];
  readonly decisions: readonly ReplayedDecision[];
}

/** What the judge writes down with each decision. */
interface DecisionRecord {
  readonly action: string;
  readonly reasons: unknown;
  readonly explanation: unknown;
  readonly situation: Situation;
  readonly position: number;
}

/**
 * Adds the observations of a release once more in the order in which the judge added them, and makes each recorded decision again from what
 * had been added by then.
 *
 * @throws release_not_found
 */
export async function replayRelease(registry: Registry, id: string): Promise<Replay> {
  const release = await registry.releases.get(id);
  const { policy, statistics: stored, position } = release;
  const pending = (await readEvents(registry, id)).flatMap((event) => {
    const record = decisionIn(event);
    return record === null ? [] : [{ event, record }];
  });
  const decisions: ReplayedDecision[] = [];
  let statistics = initialState();
  let count = 0;
  const decideAgain = (): void => {
    while (pending[0] !== undefined && pending[0].record.position <= count) {
      const { event, record } = pending.shift()!;
      decisions.push({ event, position: record.position, differences: compareDecision(policy, statistics, record) });
    }
  };
  decideAgain();
  for await (const observation of readObservations(registry, release)) {
    statistics = addObservation(policy, statistics, observation);
    count++;
    decideAgain();
  }
  for (const { event, record } of pending) {
    const differences = [`it was made from ${record.position} observations; ${count} are there`];
    decisions.push({ event, position: record.position, differences });
  }
  const missing = count === position ? [] : [`${position} observations were added; ${count} are there`];
  const differences = findDifferences(comparable(stored), comparable({ ...statistics, format: stored.format }));
  return { release, observations: count, differences: [...missing, ...differences], decisions };
}

/** A release that a version without tallies began has none of what came first; nothing is decided by them. */
function comparable(statistics: ReleaseStatistics): object {
  if (statistics.format > 1) return statistics;
  const metrics = Object.entries(statistics.metrics).map(([name, metric]) => [name, { ...metric, tallies: null }]);
  return { ...statistics, metrics: Object.fromEntries(metrics) as object };
}

function compareDecision(policy: Release['policy'], statistics: ReleaseStatistics, record: DecisionRecord): string[] {
  const { action, reasons } = decide(policy, statistics, record.situation);
  const replayed = { action, reasons: withoutWords(reasons), explanation: explain(policy, statistics) };
  const { explanation } = record;
  return findDifferences({ action: record.action, reasons: withoutWords(record.reasons), explanation }, replayed);
}

/** Reasons without their sentences, which another version of the judge may word otherwise; what has decided is in the other fields. */
function withoutWords(reasons: unknown): unknown {
  if (!Array.isArray(reasons)) return reasons;
  return reasons.map((reason: unknown) => (isObject(reason) ? { ...reason, message: null } : reason));
}

function decisionIn({ evidence }: ReleaseEvent): DecisionRecord | null {
  const { action, reasons, explanation, situation, position } = evidence;
  if (typeof action !== 'string' || typeof position !== 'number' || !isObject(situation)) return null;
  return { action, reasons, explanation, position, situation: situation as unknown as Situation };
}

/** Paths at which two JSON values differ, with both values. The order of an object's fields does not count: Postgres keeps none. */
export function findDifferences(recorded: unknown, replayed: unknown, path = ''): string[] {
  if (isObject(recorded) && isObject(replayed)) {
    const names = [...new Set([...Object.keys(recorded), ...Object.keys(replayed)])].sort();
    return names.flatMap((name) =>
      findDifferences(recorded[name], replayed[name], path === '' ? name : `${path}.${name}`),
    );
  }
  return Object.is(recorded, replayed) ? [] : [`${path}: ${shown(recorded)} on record, ${shown(replayed)} replayed`];
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
