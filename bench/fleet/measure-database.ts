import { listen, notify, openDatabase, type Database } from '#database';
import type { Registry } from '#registry';
import { addObservation, type NewObservation, type Release } from '#registry/releases';

/** Work that was repeated for a time. */
export interface Rate {
  readonly perSecond: number;
  readonly medianMs: number;
}

const CHANNEL = 'understudy_bench';
const NOTIFICATIONS = 20;
/** What a notice of what serves takes, with a release. */
const PAYLOAD_BYTES = 300;

/** Repeats work on so many lanes at once, for so long. */
export async function measureRate(lanes: number, seconds: number, work: () => Promise<unknown>): Promise<Rate> {
  const times: number[] = [];
  const startedAtMs = performance.now();
  const endsAtMs = startedAtMs + seconds * 1000;
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      while (performance.now() < endsAtMs) {
        const beganAtMs = performance.now();
        await work();
        times.push(performance.now() - beganAtMs);
      }
    }),
  );
  const elapsed = (performance.now() - startedAtMs) / 1000;
  return { perSecond: times.length / elapsed, medianMs: median(times) };
}

/** How long it takes from a commit until the first and the last of so many listeners have heard of it; medians. */
export async function measureFanOut(
  database: Database,
  listeners: number,
): Promise<{ readonly firstMs: number; readonly lastMs: number }> {
  let heard: number[] = [];
  let whenAll: () => void = () => undefined;
  const onNotification = (): void => {
    heard.push(performance.now());
    if (heard.length === listeners) whenAll();
  };
  const { connectionString } = database;
  const open = [];
  for (let index = 0; index < listeners; index++)
    open.push(await listen({ connectionString, channel: CHANNEL, onNotification, onReconnect: () => undefined }));
  const firsts: number[] = [];
  const lasts: number[] = [];
  for (let round = 0; round < NOTIFICATIONS; round++) {
    heard = [];
    const all = new Promise<void>((resolve) => (whenAll = resolve));
    const beganAtMs = performance.now();
    await database.transaction((tx) => notify(tx, CHANNEL, String(round).padStart(PAYLOAD_BYTES, ' ')));
    await all;
    firsts.push((heard[0] ?? Number.NaN) - beganAtMs);
    lasts.push((heard.at(-1) ?? Number.NaN) - beganAtMs);
  }
  await Promise.all(open.map((listener) => listener.close()));
  return { firstMs: median(firsts), lastMs: median(lasts) };
}

/** Observations that are written per second, in batches of this size by several replicas at once. */
export async function measureWrites(
  registry: Registry,
  release: Release,
  batch: number,
  seconds: number,
): Promise<number> {
  const { perSecond } = await measureRate(8, seconds, () =>
    registry.releases.recordObservations(Array.from({ length: batch }, () => observation(release))),
  );
  return perSecond * batch;
}

/** Observations that a judge adds to the statistics per second, in one transaction per batch as it does. */
export async function measureFolding(registry: Registry, deployment: string, batch: number): Promise<number> {
  let added = 0;
  const startedAtMs = performance.now();
  for (;;) {
    const open = await registry.releases.readOpenCase(deployment, batch);
    if (open === null || open.observations.length === 0) break;
    const { release, observations } = open;
    let { statistics } = release;
    for (const each of observations) statistics = addObservation(release.policy, statistics, each);
    const ids = observations.map(({ id }) => id);
    const judged = {
      release,
      added: ids,
      statistics,
      action: { kind: 'continue' } as const,
      message: '',
      evidence: {},
    };
    await registry.releases.settleJudgement(judged);
    added += observations.length;
  }
  return added / ((performance.now() - startedAtMs) / 1000);
}

/** A database with the pool of one replica. */
export function openReplicaDatabase(connectionString: string): Database {
  return openDatabase({ connectionString, maxConnections: 10 });
}

let numbered = 0;

function observation({ id, stageIndex }: Release): NewObservation {
  return {
    releaseId: id,
    at: new Date(),
    replicaId: 'bench',
    requestId: `req_${numbered}`,
    metric: 'paired_loss',
    arm: 'candidate',
    stageIndex,
    share: 0,
    value: ((numbered * 7919) % 1000) / 10_000,
    tokens: 40,
    client: null,
    key: `bench:${numbered++}`,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}
