/** A fleet of generators on one database. */
export interface Fleet {
  readonly replicas: number;
  readonly requestsPerSecond: number;
  /** API keys that are in use. */
  readonly apiKeys: number;
}

/** The settings that decide what a fleet asks of its database; docs/scale.md says what each is for. */
export interface FleetSettings {
  readonly apiKeyCacheMs: number;
  readonly pollIntervalMs: number;
  /** `scoring.sampleShare` of the release policy. */
  readonly sampleShare: number;
  /** Share of the requests that something is wrong with. */
  readonly badShare: number;
  readonly observationsPerSecond: number;
  readonly observationFlushMs: number;
  /** Replicas that may judge: each holds a connection. */
  readonly judges: number;
  /** Whether queries go through a pooler, and how many connections that has to the server. */
  readonly poolerConnections: number | null;
}

/** What is asked of the database, per second, and the connections that it has to hold. */
export interface DatabaseLoad {
  readonly keyLookUps: number;
  readonly deploymentReads: number;
  readonly replicaReports: number;
  readonly observations: number;
  readonly observationBatches: number;
  readonly connections: number;
}

/** Every replica reports that often (apps/generator/src/models/replica-reporter.ts). */
const REPORTS_PER_SECOND = 1 / 2;
/** With each writing it tells how many requests went well: a row for each of two arms. */
const ARMS = 2;
/** Connections of its own: notifications of deployments, and of changes for the console while somebody looks. */
const LISTENERS = 2;
/** What the pool of a replica without load keeps open: look-ups, reports and flushes take turns. */
const POOL_IN_USE = 3;

/** What a fleet asks of its database, by arithmetic alone. */
export function fleetLoad(fleet: Fleet, settings: FleetSettings): DatabaseLoad {
  const { replicas, requestsPerSecond, apiKeys } = fleet;
  const perReplica = requestsPerSecond / replicas;
  const lookUps = Math.min(apiKeys, (perReplica * settings.apiKeyCacheMs) / 1000) / (settings.apiKeyCacheMs / 1000);
  const observed = Math.min(settings.observationsPerSecond, perReplica * (settings.sampleShare + settings.badShare));
  const pooled = settings.poolerConnections ?? replicas * POOL_IN_USE;
  return {
    keyLookUps: replicas * lookUps,
    deploymentReads: (replicas * 1000) / settings.pollIntervalMs,
    replicaReports: replicas * REPORTS_PER_SECOND,
    observations: replicas * (observed + (ARMS * 1000) / settings.observationFlushMs),
    observationBatches: (replicas * 1000) / settings.observationFlushMs,
    connections: replicas * LISTENERS + settings.judges + pooled,
  };
}
