import { fileURLToPath } from 'node:url';
import multipart from '@fastify/multipart';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { diskSpace, openArtifactStore } from '#artifacts';
import type { Config } from '#config';
import { openDatabase } from '#database';
import { CodedError } from '#errors';
import { createService, measureResources, ServiceMetrics } from '#observability';
import { Registry } from '#registry';
import { TrainerModule } from './trainer.module.js';
import { CODE_VERSION } from './training/code-version.js';

/** What a test may put in the place of the real thing. */
export interface TrainerOverrides {
  /** The compiled entry file of the training process. */
  readonly childScript?: string;
}

const CHILD_SCRIPT = fileURLToPath(new URL('./training/training-child.js', import.meta.url));

/**
 * The trainer on a migrated database; not listening yet. Closing the application closes everything that it opened.
 *
 * @throws configuration_invalid without a database
 */
export async function createTrainer(config: Config, overrides: TrainerOverrides = {}): Promise<NestFastifyApplication> {
  if (config.databaseUrl === null) {
    throw new CodedError(
      'configuration_invalid',
      'DATABASE_URL is not set. "npm start" runs a database of its own; a trainer that is started alone needs the address of one.',
      {
        param: 'DATABASE_URL',
      },
    );
  }
  const database = openDatabase({
    connectionString: config.databaseUrl,
    poolConnectionString: config.databasePoolUrl,
    maxConnections: config.databaseMaxConnections,
  });
  const registry = new Registry(database);
  const store = await openArtifactStore(config);
  const module = TrainerModule.forRoot(
    { config, childScript: overrides.childScript ?? CHILD_SCRIPT },
    { database, registry, store },
  );
  const app = await createService(module, {
    logging: { name: 'trainer', level: config.logLevel, format: config.logFormat },
    tracing: { endpoint: config.traceEndpoint, sampleShare: config.traceSampleShare },
    maxBodyBytes: config.maxBodyBytes,
    apiKeyCacheMs: config.apiKeyCacheMs,
    verifyApiKey: (key) => registry.verifyApiKey(key),
    docs: {
      title: 'Understudy trainer',
      description: 'Upload texts, train language models on them as jobs, follow the jobs.',
      version: CODE_VERSION,
    },
  });
  // The store counts the bytes and names the limit; the parser's own limits are for the small fields.
  await app.register(multipart, {
    limits: { fileSize: Number.MAX_SAFE_INTEGER, fieldSize: 1024, fields: 16, parts: 32 },
  });
  const disks = { artifacts: () => diskSpace(config.artifactDir), runs: () => diskSpace(config.runsDir) };
  measureResources(app.get(ServiceMetrics).registry, { pool: database.pool, disks });
  return app;
}
