import { inject } from 'vitest';
import { cloneTemplate, createEmptyDatabase, databaseUrl, dropDatabase } from './template-database.js';

/** A database of one test's own. */
export interface TestDatabase {
  readonly connectionString: string;
  /** Removes it, also while something is connected. */
  close(): Promise<void>;
}

/**
 * Makes a database for one test. Needs vitest's global setup `postgres-global-setup`.
 *
 * @param options.migrated `false` for one without tables
 */
export async function createTestDatabase(options: { readonly migrated?: boolean } = {}): Promise<TestDatabase> {
  const { connectionString: serverUrl, template } = inject('postgresServer');
  const name =
    options.migrated === false ? await createEmptyDatabase(serverUrl) : await cloneTemplate(serverUrl, template);
  return { connectionString: databaseUrl(serverUrl, name), close: () => dropDatabase(serverUrl, name) };
}
