import { join } from 'node:path';
import { loadConfig } from '#config';
import { joinEmbeddedPostgres, migrate, openDatabase } from '#database';
import { Registry } from '#registry';

/** Opens the registry that the services' settings name, also while they run, and closes it when `use` is done. */
export async function withRegistry<T>(use: (registry: Registry) => Promise<T>): Promise<T> {
  const config = loadConfig();
  const own =
    config.databaseUrl === null
      ? await joinEmbeddedPostgres({ folder: join(config.dataDir, 'postgres'), port: config.postgresPort })
      : null;
  const connectionString = config.databaseUrl ?? own!.connectionString;
  try {
    await migrate(connectionString);
    const database = openDatabase({ connectionString });
    try {
      return await use(new Registry(database, { aliases: config.modelAliases }));
    } finally {
      await database.close();
    }
  } finally {
    await own?.stop();
  }
}
