import { setTimeout as delay } from 'node:timers/promises';
import { CodedError } from '#errors';

const POLL_MS = 100;
const LIMIT_MS = 60_000;

/**
 * Waits until a service answers on a path with the status.
 *
 * @throws server_error after a minute; whatever the signal is aborted with
 */
export async function waitUntilUp(name: string, url: string, signal: AbortSignal): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  while (!(await isUp(url, signal))) {
    signal.throwIfAborted();
    if (performance.now() > end)
      throw new CodedError(
        'server_error',
        `The ${name} did not answer at ${url} within ${LIMIT_MS / 1000} s; its log says why.`,
      );
    await delay(POLL_MS, undefined, { signal });
  }
}

async function isUp(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(url, { signal });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    // Not listening yet.
    return false;
  }
}
