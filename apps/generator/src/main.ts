import 'reflect-metadata';
import { loadConfig } from '#config';
import { migrateWhenUp } from '#database';
import { CodedError } from '#errors';
import { exitWithError, runService } from '#observability';
import { createGenerator } from './create-generator.js';

try {
  const config = loadConfig();
  if (config.databaseUrl === null) {
    throw new CodedError(
      'configuration_invalid',
      'DATABASE_URL is not set. Give the generator a PostgreSQL, or use "npm start", which brings its own.',
      {
        param: 'DATABASE_URL',
      },
    );
  }
  await migrateWhenUp(config.databaseUrl, config.databaseWaitMs);
  const app = await createGenerator(config, config.databaseUrl);
  await runService(app, {
    host: config.generatorHost,
    port: config.generatorPort,
    stopDeadlineMs: config.shutdownGraceMs,
    stopDelayMs: config.shutdownDelayMs,
  });
} catch (error) {
  exitWithError(error);
}
