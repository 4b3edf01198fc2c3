import type { Config } from '#config';
import { migrateWhenUp, openDatabase } from '#database';
import { CodedError } from '#errors';
import { Registry } from '#registry';
import { ensureAdminKey } from '../admin-key.js';
import { prepareDataFolder } from '../process/data-folder.js';

const MAKER = 'setup';

/** What was done to a database. */
export interface PreparedDatabase {
  /** Migrations that were applied. */
  readonly migrations: readonly string[];
  /** Where the key of the administrator is to be read; null where it was given. */
  readonly keyPath: string | null;
}

/**
 * Makes a database ready for the services: waits for it, applies missing migrations, makes sure of a key with the scope
 * admin. Doing it again changes nothing.
 *
 * @throws configuration_invalid, database_unavailable, migration_failed, folder_unwritable; conflict when ADMIN_KEY was revoked
 */
export async function prepareDatabase(config: Config): Promise<PreparedDatabase> {
  if (config.databaseUrl === null) {
    const message = 'DATABASE_URL is not set. Name the PostgreSQL that is to be set up.';
    throw new CodedError('configuration_invalid', message, { param: 'DATABASE_URL' });
  }
  const migrations = await migrateWhenUp(config.databaseUrl, config.databaseWaitMs);
  const database = openDatabase({ connectionString: config.databaseUrl });
  try {
    const registry = new Registry(database);
    if (config.adminKey !== null) {
      await registerKey(registry, config.adminKey);
      return { migrations, keyPath: null };
    }
    await prepareDataFolder(config.dataDir);
    const { path } = await ensureAdminKey(config.dataDir, registry, MAKER);
    return { migrations, keyPath: path };
  } finally {
    await database.close();
  }
}

async function registerKey(registry: Registry, key: string): Promise<void> {
  const owner = await registry.verifyApiKey(key);
  if (owner?.scopes.includes('admin')) return;
  await registry.createApiKey({ name: MAKER, scopes: ['admin'], actor: MAKER, key });
}
