import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, guardAgainstLeaks, type TestDatabase } from '#testing';
import { migrateWhenUp } from './migrate-when-up.js';

guardAgainstLeaks();
let test: TestDatabase;
let door: Server;
/** How many more connections are turned away, as by a server that is still starting. */
let refusals: number;

beforeEach(async () => {
  test = await createTestDatabase();
  const { hostname, port } = new URL(test.connectionString);
  door = createServer((client) => {
    if (refusals-- > 0) return client.destroy();
    const server = connect(Number(port), hostname);
    client.pipe(server).pipe(client);
    for (const end of [client, server]) end.on('error', () => [client, server].map((socket) => socket.destroy()));
  }).listen(0, '127.0.0.1');
  await once(door, 'listening');
});
afterEach(async () => {
  door.close();
  await once(door, 'close');
  await test.close();
});

function throughDoor(): string {
  const url = new URL(test.connectionString);
  url.hostname = '127.0.0.1';
  url.port = String((door.address() as AddressInfo).port);
  return url.href;
}

describe('a service that starts before its database', () => {
  it('waits for it', async () => {
    refusals = 2;
    expect(await migrateWhenUp(throughDoor(), 60_000)).toEqual([]);
    expect(refusals).toBeLessThan(0);
  });

  it('gives up when it may wait no longer, and says what it waited for', async () => {
    refusals = Number.MAX_SAFE_INTEGER;
    await expect(migrateWhenUp(throughDoor(), 0)).rejects.toMatchObject({ code: 'database_unavailable' });
  });
});
