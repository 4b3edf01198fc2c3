import 'reflect-metadata';
import { loadConfig } from '#config';
import { migrateWhenUp } from '#database';
import { exitWithError, runService } from '#observability';
import { createTrainer } from './create-trainer.js';

/** The trainer as a process. */
async function main(): Promise<void> {
  const config = loadConfig();
  if (config.databaseUrl !== null) await migrateWhenUp(config.databaseUrl, config.databaseWaitMs);
  const app = await createTrainer(config);
  await runService(app, { host: config.trainerHost, port: config.trainerPort, stopDeadlineMs: config.shutdownGraceMs });
}

main().catch(exitWithError);
