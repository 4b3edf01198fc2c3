import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, guardAgainstLeaks, type TestDatabase } from '#testing';
import { openDatabase, toDatabaseError, type Database } from './index.js';

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

describe('a transaction', () => {
  it('is kept as a whole', async () => {
    await database.transaction((tx) => tx.deployment.create({ data: { name: 'a' } }));
    expect(await database.prisma.deployment.count({ where: { name: 'a' } })).toBe(1);
  });

  it('is undone as a whole when its work throws, and passes on what was thrown', async () => {
    const thrown = new Error('no');
    const work = database.transaction(async (tx) => {
      await tx.deployment.create({ data: { name: 'a' } });
      throw thrown;
    });
    await expect(work).rejects.toBe(thrown);
    expect(await database.prisma.deployment.count({ where: { name: 'a' } })).toBe(0);
  });
});

describe('a transaction that does nothing for too long', () => {
  it('is ended by the server, so that a process that was frozen in it keeps nobody waiting', async () => {
    await database.query((client) => client.deployment.create({ data: { name: 'a' } }));
    const frozen = openDatabase({ ...test, maxIdleTransactionMs: 100 });
    const lock = (client: Pick<Database['prisma'], '$executeRaw'>): Promise<number> =>
      client.$executeRaw`UPDATE deployments SET name = name WHERE name = 'a'`;
    let [freeze, thaw] = [(): void => undefined, (): void => undefined];
    const frozenNow = new Promise<void>((resolve) => (freeze = resolve));
    const thawed = new Promise<void>((resolve) => (thaw = resolve));
    const late = frozen.transaction(async (tx) => {
      await lock(tx);
      freeze();
      await thawed;
      await lock(tx);
    });
    late.catch(() => undefined);
    await frozenNow;
    // Waits for the lock until the server takes it from the other.
    expect(await database.query((client) => lock(client))).toBe(1);
    thaw();
    await expect(late).rejects.toMatchObject({ code: 'database_unavailable' });
    await frozen.close();
  });
});

describe('the character U+0000', () => {
  it('is invalid_value wherever it comes, since PostgreSQL cannot hold it', async () => {
    const name = 'a\u0000b';
    const refused = { code: 'invalid_value' };
    await expect(database.query((client) => client.deployment.findUnique({ where: { name } }))).rejects.toMatchObject(
      refused,
    );
    await expect(database.query((client) => client.deployment.create({ data: { name } }))).rejects.toMatchObject(
      refused,
    );
  });
});

describe('a database that cannot be reached', () => {
  it('is database_unavailable for queries and transactions alike', async () => {
    const away = openDatabase({ connectionString: 'postgresql://nobody@127.0.0.1:1/none' });
    await expect(away.query((client) => client.deployment.count())).rejects.toMatchObject({
      code: 'database_unavailable',
    });
    await expect(away.transaction((tx) => tx.deployment.count())).rejects.toMatchObject({
      code: 'database_unavailable',
    });
    await away.close();
  });

  it('is used again when it is back: broken connections are replaced', async () => {
    await database.query((client) => client.deployment.count());
    const other = openDatabase(test);
    await other.pool.query(
      'SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()',
    );
    await other.close();
    // They are gone now. The pool notices the broken connection by its own event or by the first query on it.
    await database
      .query((client) => client.deployment.count())
      .catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'database_unavailable' });
      });
    expect(await database.query((client) => client.deployment.count())).toBe(1);
  });

  it('is told from a mistake in a query', async () => {
    await expect(database.query((client) => client.$queryRaw`SELECT nonsense`)).rejects.not.toMatchObject({
      code: 'database_unavailable',
    });
    const mistake = new Error('mistake');
    expect(toDatabaseError(mistake)).toBe(mistake);
  });
});
