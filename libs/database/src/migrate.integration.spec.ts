import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, guardAgainstLeaks, type TestDatabase } from '#testing';
import { migrate, openDatabase, Prisma } from './index.js';
import { projectRoot } from './project-root.js';

const project = join(projectRoot(), 'prisma/migrations');

/** Nobody runs anything older, so what came up to here may have changed anything. */
const LAST_OF_FIRST_RELEASE = '20261122620001_name_observations';

guardAgainstLeaks();
let test: TestDatabase;
let folder: string;

beforeEach(async () => {
  test = await createTestDatabase({ migrated: false });
  folder = await mkdtemp(join(tmpdir(), 'understudy-migrations-'));
});
afterEach(async () => {
  await test.close();
  await rm(folder, { recursive: true });
});

async function writeMigration(name: string, sql: string): Promise<void> {
  await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, name, 'migration.sql'), sql);
}

async function query(sql: string): Promise<Record<string, unknown>[]> {
  const database = openDatabase(test);
  const { rows } = await database.pool.query<Record<string, unknown>>(sql);
  await database.close();
  return rows;
}

describe('migrate', () => {
  it('applies every migration of the project once, in order, and nothing the second time', async () => {
    const entries = await readdir(project, { withFileTypes: true });
    const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    expect(await migrate(test.connectionString)).toEqual(names.sort());
    expect(await migrate(test.connectionString)).toEqual([]);
  });

  it('makes the tables that the schema describes', async () => {
    await migrate(test.connectionString);
    const database = openDatabase(test);
    for (const model of Object.values(Prisma.ModelName)) {
      const delegate = database.prisma[`${model.charAt(0).toLowerCase()}${model.slice(1)}` as 'deployment'];
      // Names every column of the model, so a missing one is an error.
      await expect(delegate.findMany(), model).resolves.toBeInstanceOf(Array);
    }
    await database.close();
  });

  it('applies each migration once when several services start together', async () => {
    const applied = await Promise.all(Array.from({ length: 4 }, () => migrate(test.connectionString)));
    expect(applied.filter((names) => names.length > 0)).toHaveLength(1);
    const [{ count } = { count: null }] = await query('SELECT count(*)::int AS count FROM "_prisma_migrations"');
    expect(count).toBe(applied.flat().length);
  });

  it('writes what Prisma itself would write about an applied migration', async () => {
    await writeMigration('1_a', 'CREATE TABLE a ();');
    await migrate(test.connectionString, folder);
    const rows = await query('SELECT *, length(id) AS id_length FROM "_prisma_migrations"');
    expect(rows).toEqual([
      expect.objectContaining({
        migration_name: '1_a',
        // sha256sum of the file, which is what `prisma migrate deploy` compares.
        checksum: '902f5c947b00294d6b0cdb41666553a31c51672ed6e65af6209e622790dce7b1',
        rolled_back_at: null,
        logs: null,
        applied_steps_count: 1,
        id_length: 36,
        finished_at: expect.any(Date) as Date,
      }),
    ]);
  });

  it('refuses a migration that was edited after it had been applied', async () => {
    await writeMigration('1_a', 'CREATE TABLE a ();');
    await migrate(test.connectionString, folder);
    await writeMigration('1_a', 'CREATE TABLE a (id int);');
    await expect(migrate(test.connectionString, folder)).rejects.toMatchObject({
      code: 'migration_failed',
      message: expect.stringContaining('1_a was edited after it had been applied') as string,
    });
  });

  it('starts on a database to which a newer version has added something', async () => {
    await writeMigration('1_a', 'CREATE TABLE a ();');
    await writeMigration('2_b', 'CREATE TABLE b ();');
    await migrate(test.connectionString, folder);
    await rm(join(folder, '2_b'), { recursive: true });
    expect(await migrate(test.connectionString, folder)).toEqual([]);
  });

  it('refuses a database from which a newer version has taken something away', async () => {
    await writeMigration('1_a', 'CREATE TABLE a ();');
    await writeMigration('2_contract_a', 'DROP TABLE a;');
    await migrate(test.connectionString, folder);
    await rm(join(folder, '2_contract_a'), { recursive: true });
    await expect(migrate(test.connectionString, folder)).rejects.toThrow('newer than the code');
  });

  it('takes nothing away that the release before still uses, unless the name of the migration says so', async () => {
    const entries = await readdir(project, { withFileTypes: true });
    const names = entries
      .filter((entry) => entry.isDirectory() && entry.name > LAST_OF_FIRST_RELEASE)
      .map(({ name }) => name);
    const scripts = await Promise.all(
      names.map(async (name) => ({ name, sql: await readFile(join(project, name, 'migration.sql'), 'utf8') })),
    );
    const takesAway =
      /\bDROP (TABLE|COLUMN)\b|\bRENAME\b|\bSET NOT NULL\b|\bADD COLUMN (?![^,;]*\bDEFAULT\b)[^,;]*\bNOT NULL\b/i;
    const silent = scripts.filter(({ name, sql }) => takesAway.test(sql) && !/^\d+_contract_/.test(name));
    expect(silent.map(({ name }) => name)).toEqual([]);
  });

  it('undoes a migration that fails, keeps those before it, says where, and goes on when it is mended', async () => {
    await writeMigration('1_a', 'CREATE TABLE a ();');
    await writeMigration('2_b', 'CREATE TABLE b ();\nCREATE TABLE c (\n  id nonsense\n);');
    await expect(migrate(test.connectionString, folder)).rejects.toMatchObject({
      code: 'migration_failed',
      message: 'The migration 2_b failed and was undone: line 3: type "nonsense" does not exist',
    });
    expect(await query(`SELECT to_regclass('a') IS NOT NULL AS a, to_regclass('b') IS NOT NULL AS b`)).toEqual([
      { a: true, b: false },
    ]);
    await writeMigration('2_b', 'CREATE TABLE b ();');
    expect(await migrate(test.connectionString, folder)).toEqual(['2_b']);
  });

  it('says that the database cannot be reached', async () => {
    await expect(migrate('postgresql://nobody@127.0.0.1:1/none')).rejects.toMatchObject({
      code: 'database_unavailable',
    });
  });
});
