import { about, arrayOf, FIELD, fieldsSchema, nullable, objectSchema, oneOf } from '../admin/admin-docs.js';
import { DEPLOYMENT, deploymentObject } from '../admin/deployment-object.js';
import { RELEASE, periodObject, releaseObject, SERVING_PERIOD } from '../admin/release-object.js';
import { REPLICA_STATES } from '../models/replica-state.js';
import { unixSeconds } from '../unix-seconds.js';
import type { Overview } from './read-overview.js';
import type { TrafficRates } from './summarize-traffic.js';

const RATES = {
  requests_per_second: FIELD.number,
  prompt_tokens_per_second: FIELD.number,
  completion_tokens_per_second: FIELD.number,
  failed_share: nullable(about(FIELD.number, 'Of the requests; null without one.')),
  p50_ms: nullable(about(FIELD.number, 'Half of the completed requests took at most so long.')),
  p95_ms: nullable(FIELD.number),
};

export const OVERVIEW = objectSchema('overview', {
  at: FIELD.time,
  deployment: DEPLOYMENT,
  serving: about(arrayOf(SERVING_PERIOD), 'What serves now, the incumbent first.'),
  release: nullable(about(RELEASE, 'The one that is open.')),
  last_rollback: nullable(about(RELEASE, 'The newest release that was rolled back, with its reason.')),
  replicas: arrayOf(
    fieldsSchema({
      id: FIELD.text,
      host: FIELD.text,
      port: FIELD.count,
      version: nullable(FIELD.text),
      state: about(oneOf([...REPLICA_STATES]), 'lost: it has not reported for REPLICA_LOST_AFTER_MS.'),
      problem: nullable(FIELD.text),
      reported_at: FIELD.time,
    }),
  ),
  trainer: fieldsSchema({
    state: about(oneOf(['up', 'away', 'unknown']), 'unknown: TRAINER_URL is not set.'),
    queue: nullable(fieldsSchema({ waiting: FIELD.count, active: FIELD.count })),
    problem: nullable(FIELD.text),
  }),
  database: fieldsSchema({
    answered_in_ms: FIELD.number,
    size_bytes: FIELD.count,
    connections: FIELD.count,
    max_connections: FIELD.count,
    version: FIELD.text,
  }),
  traffic: fieldsSchema({
    recent: fieldsSchema({ window_seconds: FIELD.number, ...RATES }),
    points: about(
      arrayOf(fieldsSchema({ at: FIELD.time, ...RATES })),
      'Every 15 seconds of the last hour, the oldest first.',
    ),
  }),
});

export function overviewObject(overview: Overview): object {
  const { deployment, release, lastRollback, database, traffic, trainer } = overview;
  return {
    object: 'overview',
    at: unixSeconds(overview.at),
    deployment: deploymentObject(deployment, release?.id ?? null),
    serving: overview.serving.map(periodObject),
    release: release === null ? null : releaseObject(release),
    last_rollback: lastRollback === null ? null : releaseObject(lastRollback),
    replicas: overview.replicas.map((replica) => ({
      id: replica.id,
      host: replica.host,
      port: replica.port,
      version: replica.versionId,
      state: replica.state,
      problem: replica.problem,
      reported_at: unixSeconds(replica.reportedAt),
    })),
    trainer,
    database: {
      answered_in_ms: database.answeredInMs,
      size_bytes: database.sizeBytes,
      connections: database.connections,
      max_connections: database.maxConnections,
      version: database.version,
    },
    traffic: {
      recent: { window_seconds: traffic.recent.windowMs / 1000, ...ratesObject(traffic.recent) },
      points: traffic.points.map((point) => ({ at: unixSeconds(point.startedAt), ...ratesObject(point) })),
    },
  };
}

function ratesObject(rates: TrafficRates): object {
  return {
    requests_per_second: rates.requestsPerSecond,
    prompt_tokens_per_second: rates.promptTokensPerSecond,
    completion_tokens_per_second: rates.completionTokensPerSecond,
    failed_share: rates.failedShare,
    p50_ms: rates.p50Ms,
    p95_ms: rates.p95Ms,
  };
}
