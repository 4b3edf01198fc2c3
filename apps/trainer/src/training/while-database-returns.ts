import { setTimeout as sleep } from 'node:timers/promises';
import { isCodedError } from '#errors';

const PAUSE_MS = 500;

/** Tries `step` again while it fails with `database_unavailable`, for about `forMs`; then throws that error. */
export async function whileDatabaseReturns<T>(step: () => Promise<T>, forMs: number): Promise<T> {
  const giveUpAtMs = Date.now() + forMs;
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (!isCodedError(error, 'database_unavailable') || Date.now() + PAUSE_MS > giveUpAtMs) throw error;
      await sleep(PAUSE_MS);
    }
  }
}
