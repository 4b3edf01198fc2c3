import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '#database';
import { createTestDatabase, guardAgainstLeaks, type TestDatabase } from '#testing';
import { Registry } from '../index.js';

const DEVICE = 'box/cpu';

guardAgainstLeaks();
let test: TestDatabase;
let database: Database;
let registry: Registry;

beforeEach(async () => {
  test = await createTestDatabase();
  database = openDatabase(test);
  registry = new Registry(database);
});
afterEach(async () => {
  await database.close();
  await test.close();
});

describe('a device', () => {
  it('is given to one of all that ask at once, and to the same one again', async () => {
    const holders = Array.from({ length: 8 }, (_, index) => `run-${index}`);
    const taken = await Promise.all(holders.map((holder) => registry.devices.take(DEVICE, holder, 60_000)));
    expect(taken.filter(Boolean)).toHaveLength(1);
    const holder = holders[taken.indexOf(true)] as string;
    expect(await registry.devices.take(DEVICE, holder, 60_000)).toBe(true);
    expect(await registry.devices.take(DEVICE, 'another', 60_000)).toBe(false);
    expect(await registry.devices.take('box/cuda', 'another', 60_000)).toBe(true);
  });

  it('can be taken when it was released, by its holder only, or when its lease has run out', async () => {
    await registry.devices.take(DEVICE, 'a', 60_000);
    await registry.devices.release(DEVICE, 'b');
    expect(await registry.devices.take(DEVICE, 'b', 60_000)).toBe(false);
    await registry.devices.release(DEVICE, 'a');
    expect(await registry.devices.take(DEVICE, 'b', 60_000)).toBe(true);
    await database.pool.query(`UPDATE device_leases SET expires_at = now() - interval '1 second'`);
    expect(await registry.devices.take(DEVICE, 'c', 60_000)).toBe(true);
    expect(await registry.devices.renew(DEVICE, 'b', 60_000)).toBe(false);
    expect(await registry.devices.renew(DEVICE, 'c', 60_000)).toBe(true);
  });

  it('whose lease has run out can be renewed while nobody else has taken it', async () => {
    await registry.devices.take(DEVICE, 'a', 60_000);
    await database.pool.query(`UPDATE device_leases SET expires_at = now() - interval '1 second'`);
    expect(await registry.devices.renew(DEVICE, 'a', 60_000)).toBe(true);
    expect(await registry.devices.take(DEVICE, 'b', 60_000)).toBe(false);
  });
});
