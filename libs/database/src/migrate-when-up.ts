import { setTimeout as delay } from 'node:timers/promises';
import { isCodedError } from '#errors';
import { migrate } from './migrate.js';

const PAUSE_MS = 500;

/**
 * Applies missing migrations as soon as the database can be reached, so that services and database may start in any order.
 *
 * @param waitMs how long to try
 * @returns the names of the migrations that were applied
 * @throws database_unavailable when it could not be reached until then; migration_failed
 */
export async function migrateWhenUp(connectionString: string, waitMs: number): Promise<readonly string[]> {
  const end = performance.now() + waitMs;
  for (;;) {
    try {
      return await migrate(connectionString);
    } catch (error) {
      const isDown = isCodedError(error) && error.code === 'database_unavailable';
      if (!isDown || performance.now() + PAUSE_MS > end) throw error;
      await delay(PAUSE_MS);
    }
  }
}
