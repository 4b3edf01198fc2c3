import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate, startEmbeddedPostgres } from '#database';
import { Registry } from '#registry';
import { fleetLoad, type FleetSettings } from './fleet/fleet-load.js';
import {
  measureFanOut,
  measureFolding,
  measureRate,
  measureWrites,
  openReplicaDatabase,
} from './fleet/measure-database.js';
import { simulateSwitch } from './fleet/simulate-switch.js';
import type { BenchOptions } from './options.js';
import type { Report } from './report.js';
import { registerSyntheticVersions } from './synthetic-versions.js';

const LISTENERS = [1, 10, 100, 300, 1000];
const FLEETS = [1, 10, 100, 1000, 3000];
const REQUESTS_PER_SECOND = 1e6;
const API_KEYS = 100;
const SECONDS = 2;
const FOLD_BATCH = 1000;
/** Between machines of one data centre. */
const NETWORK_MS = 0.5;
/** A step of the decoder that the switch may have to wait for. */
const SWITCH_MS = 2;
/** The smallest sizes there are: what is measured is the database. */
const TINY = { embedding_dim: 8, lstm_units: 8, num_layers: 1 };

const DEFAULTS: FleetSettings = {
  apiKeyCacheMs: 3_000,
  pollIntervalMs: 5_000,
  sampleShare: 0.05,
  badShare: 0.001,
  observationsPerSecond: 1_000,
  observationFlushMs: 500,
  judges: Infinity,
  poolerConnections: null,
};
/** As docs/scale.md says for a thousand replicas. */
const LARGE: FleetSettings = {
  ...DEFAULTS,
  apiKeyCacheMs: 60_000,
  pollIntervalMs: 30_000,
  observationsPerSecond: 2,
  observationFlushMs: 5_000,
  judges: 3,
  poolerConnections: 50,
};

/** What a fleet of generators asks of one database: what that can do is measured, what a fleet needs is computed and simulated. */
export async function benchFleet({ preset }: BenchOptions, report: Report): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-fleet-'));
  const postgres = await startEmbeddedPostgres({ folder: join(folder, 'postgres'), maxConnections: 1_100 });
  try {
    const { connectionString } = postgres;
    await migrate(connectionString);
    const { versions, adminKey } = await registerSyntheticVersions(connectionString, folder, {
      preset,
      hyperparameters: TINY,
      versions: 2,
    });
    const database = openReplicaDatabase(connectionString);
    try {
      const registry = new Registry(database);
      const fanOut = new Map<number, { readonly firstMs: number; readonly lastMs: number }>();
      for (const listeners of LISTENERS) {
        const times = await measureFanOut(database, listeners);
        fanOut.set(listeners, times);
        report.add({ bench: 'fleet', what: 'notification', listeners, ...times });
      }
      const rate = async (what: string, work: () => Promise<unknown>): Promise<number> => {
        const measured = await measureRate(10, SECONDS, work);
        report.add({ bench: 'fleet', what, ...measured });
        return measured.perSecond;
      };
      const reads = await rate('reading what serves', () => registry.releases.readServing('production'));
      await rate('looking up a key', () => registry.verifyApiKey(adminKey));
      let reported = 0;
      await rate('report of a replica', () => registry.reportReplica(replica(reported++ % 1000, versions)));
      const release = await registry.releases.open({
        deployment: 'production',
        candidateVersionId: versions[1] ?? '',
        actor: 'bench',
      });
      for (const batch of [1, 25, 1_000]) {
        const perSecond = await measureWrites(registry, release, batch, SECONDS);
        report.add({ bench: 'fleet', what: 'observations written', batch, perSecond });
      }
      const perSecond = await measureFolding(registry, 'production', FOLD_BATCH);
      report.add({ bench: 'fleet', what: 'observations judged', batch: FOLD_BATCH, perSecond });
      const first = fanOut.get(1);
      const most = fanOut.get(LISTENERS.at(-1) ?? 0);
      tell(report, {
        firstNotificationMs: first?.firstMs ?? 0,
        perListenerMs: ((most?.lastMs ?? 0) - (most?.firstMs ?? 0)) / (LISTENERS.at(-1) ?? 1),
        // Both cores were busy, the client's part included, so it is rather too much.
        readMs: (1000 * availableParallelism()) / reads,
      });
    } finally {
      await database.close();
    }
  } finally {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function tell(
  report: Report,
  measured: { readonly firstNotificationMs: number; readonly perListenerMs: number; readonly readMs: number },
): void {
  const costs = { ...measured, databaseCores: availableParallelism(), networkMs: NETWORK_MS, switchMs: SWITCH_MS };
  for (const replicas of FLEETS) {
    for (const way of ['told', 'read'] as const)
      report.add({ bench: 'fleet', what: 'simulated switch', way, replicas, ...simulateSwitch(replicas, costs, way) });
  }
  const fleet = { requestsPerSecond: REQUESTS_PER_SECOND, apiKeys: API_KEYS };
  for (const replicas of FLEETS) {
    for (const [name, settings] of Object.entries({ defaults: DEFAULTS, large: LARGE })) {
      const judges = Math.min(settings.judges, replicas);
      const requestsPerSecond = fleet.requestsPerSecond * (replicas / 1_000);
      const load = fleetLoad({ ...fleet, replicas, requestsPerSecond }, { ...settings, judges });
      report.add({ bench: 'fleet', what: 'load by arithmetic', settings: name, replicas, requestsPerSecond, ...load });
    }
  }
}

function replica(index: number, versions: readonly string[]): Parameters<Registry['reportReplica']>[0] {
  return {
    id: `replica-${index}`,
    host: 'bench',
    pid: index,
    port: 4000,
    deployment: 'production',
    versionId: versions[0] ?? null,
    loadedVersionIds: [...versions],
    problem: null,
    ready: true,
  };
}
