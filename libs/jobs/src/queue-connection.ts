import {
  createPostgresBackend,
  createRedisBackend,
  setDefaultBackendFactory,
  type ConnectionOptions,
  type PostgresPoolConfig,
  type RedisOptions,
} from 'bullmq';
import type { QueueLifetime } from './queue-lifetime.js';

/** Where the queue is: in Redis where that has an address, otherwise in the database. */
export interface QueueAddress {
  readonly databaseUrl: string;
  readonly redisUrl: string | null;
}

/** Postgres connections per queue or worker; each of them also holds one for LISTEN. */
const POOL_SIZE = 4;
const CONNECT_MS = 5_000;
const RECONNECT_MINIMUM_MS = 100;
const RECONNECT_MAXIMUM_MS = 1_000;

/** What our keys in Redis begin with. */
export const QUEUE_PREFIX = 'understudy';

/**
 * How BullMQ reaches the queue. In Postgres it creates its tables (schema `bullmq`) on first use.
 *
 * Also sets the backend of every queue and worker that this process makes from now on: `@nestjs/bullmq` has no option for it,
 * so this has to be called before its module is built.
 */
export function queueConnection({ databaseUrl, redisUrl }: QueueAddress, lifetime: QueueLifetime): ConnectionOptions {
  if (redisUrl === null) {
    setDefaultBackendFactory(createPostgresBackend);
    return { connectionString: databaseUrl, migrate: true, max: POOL_SIZE } satisfies PostgresPoolConfig;
  }
  // A worker waits until Redis is back. Who adds a job or counts them is answered soon: the row is written, and the sweeper tries again.
  setDefaultBackendFactory((name, options, kind) => {
    const connection = kind?.withBlockingConnection
      ? options.connection
      : { ...options.connection, maxRetriesPerRequest: 1 };
    const backend = createRedisBackend(name, { ...options, connection }, kind);
    lifetime.watch(backend);
    return backend;
  });
  return {
    url: redisUrl,
    connectTimeout: CONNECT_MS,
    maxRetriesPerRequest: null,
    // What waits for a connection ends with the last attempt at one; nothing else ends it.
    retryStrategy: (times) => (lifetime.isEnding ? null : Math.min(RECONNECT_MINIMUM_MS * times, RECONNECT_MAXIMUM_MS)),
  } satisfies RedisOptions;
}
