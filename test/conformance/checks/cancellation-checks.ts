import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { checksOf, type Check } from '../check.js';
import type { ServerUnderTest } from '../server-under-test.js';

const { standard, extension } = checksOf('cancellation');

const JSON_TYPE = { 'content-type': 'application/json' };
const LONG = { max_tokens: 2_000, temperature: 1 } as const;
const PATIENCE_MS = 10_000;

/** What happens when a client goes away. */
export const cancellationChecks: readonly Check[] = [
  standard('a client that leaves a stream does not disturb the next one', async (server) => {
    for (let round = 0; round < 3; round++) await leave(server, true);
    await server.complete();
  }),
  standard('a client that leaves before its answer does not disturb the next one', async (server) => {
    for (let round = 0; round < 3; round++) await leave(server, false);
    await server.complete();
  }),
  extension('no choice of a client that left goes on', async (server) => {
    for (const stream of [true, false]) {
      await Promise.all(Array.from({ length: 8 }, () => leave(server, stream)));
      await untilIdle(server);
    }
  }),
];

/** Goes away: from a stream after its first piece, from an answer while it is made. */
async function leave(server: ServerUnderTest, stream: boolean): Promise<void> {
  const leaving = new AbortController();
  const answering = fetch(`${server.origin}/v1/completions`, {
    method: 'POST',
    headers: { ...JSON_TYPE, ...server.authorization },
    body: JSON.stringify(server.fields({ ...LONG, stream, n: 4 })),
    signal: leaving.signal,
  });
  if (stream) {
    const response = await answering;
    assert.equal(response.status, 200, `A long request is answered ${response.status}.`);
    await response.body?.getReader().read();
    leaving.abort();
  } else {
    await sleep(20);
    leaving.abort();
    await answering.catch(() => undefined);
  }
}

async function untilIdle(server: ServerUnderTest): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const { text } = await server.request('GET', '/metrics');
    const admitted = /^understudy_choices_admitted(?:\{.*\})? (\d+)/m.exec(text)?.[1];
    assert.ok(admitted !== undefined, 'GET /metrics has no understudy_choices_admitted.');
    if (admitted === '0') return;
    assert.ok(performance.now() < end, `${admitted} choices are still generated.`);
    await sleep(10);
  }
}
