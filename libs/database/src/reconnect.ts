import { setTimeout as delay } from 'node:timers/promises';

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 5000;

/**
 * Connects again and again until it succeeds or `closing` is aborted: after 50 ms at first and at most every 5 s. Half of each
 * wait is random, so that many replicas do not all come back at the same moment.
 *
 * @returns null when it was aborted
 */
export async function connectAgain<T>(connect: () => Promise<T>, closing: AbortSignal): Promise<T | null> {
  const isClosing = (): boolean => closing.aborted;
  for (let waitMs = FIRST_WAIT_MS; !isClosing(); waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
    await delay(waitMs * (0.5 + Math.random() / 2), undefined, { signal: closing }).catch(() => undefined);
    if (isClosing()) return null;
    const connected = await connect().catch(() => null);
    if (connected !== null) return connected;
  }
  return null;
}
