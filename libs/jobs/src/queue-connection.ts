import {
  createPostgresBackend,
  setDefaultBackendFactory,
  type ConnectionOptions,
  type PostgresPoolConfig,
} from 'bullmq';

/** Connections per queue or worker; each of them also holds one for LISTEN. */
const POOL_SIZE = 4;

/**
 * How BullMQ reaches its tables in the Postgres database at `connectionString`; creates them (schema `bullmq`) on first use.
 *
 * Also makes Postgres the backend of every queue and worker of this process: `@nestjs/bullmq` has no option for it,
 * so this has to be called before its module is built.
 */
export function queueConnection(connectionString: string): ConnectionOptions {
  setDefaultBackendFactory(createPostgresBackend);
  return { connectionString, migrate: true, max: POOL_SIZE } satisfies PostgresPoolConfig;
}
