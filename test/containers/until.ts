import { setTimeout as delay } from 'node:timers/promises';

const PAUSE_MS = 200;
const LIMIT_MS = 300_000;

/** Waits for something to become true. @throws Error that says what did not, with the last error */
export async function until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  let cause: unknown;
  while (performance.now() < end) {
    try {
      if (await isTrue()) return;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await delay(PAUSE_MS);
  }
  throw new Error(`For ${LIMIT_MS / 1000} s it did not become true that ${what}.`, { cause });
}
