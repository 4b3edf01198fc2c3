import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, expect } from 'vitest';

/** What our code opens and has to close; the test runner's own pipes and file requests are not among them. */
const OWNED = ['TCPSocketWrap', 'TCPServerWrap', 'TCPConnectWrap', 'TLSWrap', 'ProcessWrap', 'Worker', 'Timeout'];
const SETTLE_LIMIT_MS = 5000;

/**
 * Fails a spec file that leaves a socket, server, child process, worker or timer open. Called at the top of the file,
 * before other hooks, so that its check comes after theirs.
 */
export function guardAgainstLeaks(): void {
  let before: ReadonlyMap<string, number>;
  beforeAll(() => {
    before = countResources();
  });
  afterAll(async () => {
    const end = performance.now() + SETTLE_LIMIT_MS;
    // What was closed is gone a few turns of the event loop later.
    while (leaks(before).length > 0 && performance.now() < end) await setImmediate();
    expect(leaks(before), 'resources that the spec left open').toEqual([]);
  });
}

function leaks(before: ReadonlyMap<string, number>): string[] {
  return [...countResources()]
    .filter(([type, count]) => count > (before.get(type) ?? 0))
    .map(([type, count]) => `${count - (before.get(type) ?? 0)} ${type}`);
}

function countResources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) {
    if (OWNED.includes(type)) counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return counts;
}
