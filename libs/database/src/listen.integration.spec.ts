import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, guardAgainstLeaks, type TestDatabase } from '#testing';
import { listen, notify, openDatabase, type Database } from './index.js';

guardAgainstLeaks();
let test: TestDatabase;
let database: Database;

beforeEach(async () => {
  test = await createTestDatabase();
  database = openDatabase(test);
});
afterEach(async () => {
  await database.close();
  await test.close();
});

/** Collects what a callback is given and hands it out in order. */
class Inbox {
  readonly #received: string[] = [];
  #wake: (() => void) | undefined;

  readonly put = (payload: string): void => {
    this.#received.push(payload);
    this.#wake?.();
  };

  async next(): Promise<string> {
    while (this.#received.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#received.shift() as string;
  }
}

function send(channel: string, payload: string): Promise<void> {
  return database.transaction((tx) => notify(tx, channel, payload));
}

describe('listen', () => {
  it('hears what is sent on its channel, and only when the transaction is committed', async () => {
    const inbox = new Inbox();
    const listener = await listen({
      ...test,
      channel: 'A "b"',
      onNotification: inbox.put,
      onReconnect: () => undefined,
    });
    await send('other', 'not for us');
    const undone = database.transaction(async (tx) => {
      await notify(tx, 'A "b"', 'undone');
      throw new Error('no');
    });
    await expect(undone).rejects.toThrow('no');
    await send('A "b"', 'first');
    await send('A "b"', 'second');
    expect([await inbox.next(), await inbox.next()]).toEqual(['first', 'second']);
    await listener.close();
  });

  it('goes on after its connection was cut, and says so, again and again', async () => {
    const inbox = new Inbox();
    const reconnects = new Inbox();
    const listener = await listen({
      ...test,
      channel: 'c',
      onNotification: inbox.put,
      onReconnect: () => reconnects.put('again'),
    });
    for (const payload of ['after the first cut', 'after the second cut']) {
      const { rowCount } = await database.pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'understudy-listen-c' AND datname = current_database()`,
      );
      expect(rowCount).toBe(1);
      await reconnects.next();
      await send('c', payload);
      expect(await inbox.next()).toBe(payload);
    }
    await listener.close();
  });

  it('leaves no connection when it is closed, also while it is cut off', async () => {
    const connections = async (): Promise<number | null> =>
      (
        await database.pool.query(
          `SELECT FROM pg_stat_activity WHERE application_name = 'understudy-listen-c' AND datname = current_database()`,
        )
      ).rowCount;
    const listener = await listen({
      ...test,
      channel: 'c',
      onNotification: () => undefined,
      onReconnect: () => undefined,
    });
    expect(await connections()).toBe(1);
    await database.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'understudy-listen-c'`,
    );
    await listener.close();
    await expect.poll(connections, { timeout: 20_000 }).toBe(0);
  });

  it('says at once that the database cannot be reached', async () => {
    const away = listen({
      connectionString: 'postgresql://nobody@127.0.0.1:1/none',
      channel: 'c',
      onNotification: () => undefined,
      onReconnect: () => undefined,
    });
    await expect(away).rejects.toMatchObject({ code: 'database_unavailable' });
  });
});
