import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { diskSpace, openArtifactStore } from '#artifacts';
import type { Config } from '#config';
import { openDatabase } from '#database';
import { createService, measureResources, ServiceMetrics } from '#observability';
import { Registry } from '#registry';
import { CODE_VERSION } from './code-version.js';
import { serveConsole } from './console/serve-console.js';
import { GeneratorModule } from './generator.module.js';
import type { Faults } from './models/faults.js';
import { handOnToTrainer, TRAINER_PATHS } from './trainer-gateway/hand-on-to-trainer.js';

/**
 * Puts a generator together; it does not listen yet. Closing it finishes what runs and lets go of everything it opened.
 * @param connectionString a migrated database
 * @param options.faults what a test or the demonstration does to versions on purpose
 */
export async function createGenerator(
  config: Config,
  connectionString: string,
  options: { readonly faults?: Faults } = {},
): Promise<NestFastifyApplication> {
  const database = openDatabase({
    connectionString,
    poolConnectionString: config.databasePoolUrl,
    maxConnections: config.databaseMaxConnections,
  });
  const registry = new Registry(database, { aliases: config.modelAliases });
  const store = await openArtifactStore(config);
  try {
    const app = await createService(
      GeneratorModule.forRoot({ config, database, registry, store }, options.faults ?? null),
      {
        logging: { name: 'generator', level: config.logLevel, format: config.logFormat, showTexts: config.logPrompts },
        requestTimeoutMs: config.requestTimeoutMs,
        untimedPaths: TRAINER_PATHS,
        tracing: { endpoint: config.traceEndpoint, sampleShare: config.traceSampleShare },
        maxBodyBytes: config.maxBodyBytes,
        apiKeyCacheMs: config.apiKeyCacheMs,
        verifyApiKey: (key) => registry.verifyApiKey(key),
        docs: {
          title: 'Understudy: generator',
          description: 'Completions, models and release administration.',
          version: CODE_VERSION,
        },
      },
    );
    const disks = { artifacts: () => diskSpace(config.artifactDir) };
    measureResources(app.get(ServiceMetrics).registry, { pool: database.pool, disks });
    await handOnToTrainer(app, config.trainerUrl);
    await serveConsole(app);
    return app;
  } catch (error) {
    store.close();
    await database.close();
    throw error;
  }
}
