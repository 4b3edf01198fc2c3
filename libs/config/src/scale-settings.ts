import { optional, setting } from './setting.js';
import { flag, integer, postgresUrl } from './setting-kinds.js';

const MINUTE_MS = 60_000;

/** Settings that matter where replicas are many; docs/scale.md says which to set when. */
export const SCALE_SETTINGS = {
  databasePoolUrl: optional<string>(
    'DATABASE_POOL_URL',
    postgresUrl(),
    'A connection pooler such as PgBouncer in transaction mode, for queries. Notifications, locks, migrations and the queue go to DATABASE_URL.',
  ),
  databaseMaxConnections: setting(
    'DATABASE_MAX_CONNECTIONS',
    integer(2, 1000),
    10,
    'Most connections of the pool of a service; it opens them as it needs them. A generator has two or three more of its own.',
  ),
  apiKeyCacheMs: setting(
    'API_KEY_CACHE_MS',
    integer(0, 10 * MINUTE_MS),
    3000,
    'How long a service remembers whether an API key is good, in milliseconds: so long a revoked key goes on working.',
  ),
  observationsPerSecond: setting(
    'OBSERVATIONS_PER_SECOND',
    integer(1, 1_000_000),
    1000,
    'Most observations of a release that a generator records per second, requests that went well not counted; the rest is left out whichever arm it is from.',
  ),
  observationFlushMs: setting(
    'OBSERVATION_FLUSH_MS',
    integer(50, MINUTE_MS),
    500,
    'How long a generator gathers observations before it writes them, in milliseconds: so much is lost when it is killed, and a release is judged so much later.',
  ),
  releaseJudge: setting(
    'RELEASE_JUDGE',
    flag(),
    true,
    'Whether this generator may judge releases. One does, the others wait for it with a connection each; a few that may are enough.',
  ),
};
