import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { CodedError, isCodedError } from '#errors';
import { toDatabaseError } from './database-errors.js';
import { projectRoot } from './project-root.js';

/** Any number will do as long as every version of the project uses the same one. */
const MIGRATION_LOCK = 7_265_146_201;

/** Prisma's own table, column for column, so that `prisma migrate deploy` agrees on what has been applied. */
const CREATE_TABLE = `
CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
    "id" VARCHAR(36) PRIMARY KEY NOT NULL,
    "checksum" VARCHAR(64) NOT NULL,
    "finished_at" TIMESTAMPTZ,
    "migration_name" VARCHAR(255) NOT NULL,
    "logs" TEXT,
    "rolled_back_at" TIMESTAMPTZ,
    "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
    "applied_steps_count" INTEGER NOT NULL DEFAULT 0
)`;

/**
 * A migration adds; code that does not know it works on. One that takes away what the version before it still uses says so in
 * its name, `<time>_contract_<what>`, and comes a version later than the code that can do without.
 */
const CONTRACTING = /^\d+_contract_/;

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

interface AppliedMigration {
  readonly migration_name: string;
  readonly checksum: string;
  readonly finished_at: Date | null;
}

/**
 * Brings a database to the schema that this code needs and returns the names of the migrations that it applied, in
 * order. Services that start together wait for each other; what has been applied is skipped.
 *
 * @throws migration_failed when a migration fails (nothing of it stays), one that was applied has been edited since,
 *   or a newer version has taken away what this code needs
 * @throws database_unavailable when the database cannot be reached
 */
export async function migrate(
  connectionString: string,
  folder = join(projectRoot(), 'prisma/migrations'),
): Promise<readonly string[]> {
  const migrations = await readMigrations(folder);
  const client = new pg.Client({
    connectionString,
    connectionTimeoutMillis: 10_000,
    application_name: 'understudy-migrate',
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    // Held by the connection, so it ends with the process whatever happens.
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await client.query(CREATE_TABLE);
    const pending = await pendingMigrations(client, migrations);
    for (const migration of pending) await apply(client, migration);
    return pending.map(({ name }) => name);
  } catch (error) {
    throw toDatabaseError(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(join(folder, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

async function pendingMigrations(client: pg.Client, migrations: readonly Migration[]): Promise<Migration[]> {
  const { rows } = await client.query<AppliedMigration>(
    'SELECT "migration_name", "checksum", "finished_at" FROM "_prisma_migrations" WHERE "rolled_back_at" IS NULL',
  );
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const { migration_name: name, checksum, finished_at: finishedAt } of rows) {
    const migration = known.get(name);
    if (migration === undefined) {
      // While replicas are replaced one by one, one of the version before must be able to start again.
      if (!CONTRACTING.test(name)) continue;
      throw failed(
        `The database has the migration ${name}, which takes away what this code needs: it is newer than the code. Update the code.`,
      );
    }
    if (finishedAt === null) {
      throw failed(
        `The migration ${name} was begun by another program and not finished. Repair it with "npx prisma migrate resolve".`,
      );
    }
    if (checksum !== migration.checksum) {
      throw failed(
        `The migration ${name} was edited after it had been applied (applied sha256 ${checksum}, file sha256 ${migration.checksum}). ` +
          'Restore the file and put the change into a new migration.',
      );
    }
  }
  const applied = new Set(rows.map((row) => row.migration_name));
  return migrations.filter(({ name }) => !applied.has(name));
}

async function apply(client: pg.Client, { name, sql, checksum }: Migration): Promise<void> {
  try {
    await client.query('BEGIN');
    await client.query(sql);
    await client.query(
      `INSERT INTO "_prisma_migrations" ("id", "checksum", "finished_at", "migration_name", "applied_steps_count") VALUES ($1, $2, now(), $3, 1)`,
      [randomUUID(), checksum, name],
    );
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    const known = toDatabaseError(error);
    if (isCodedError(known)) throw known;
    throw failed(`The migration ${name} failed and was undone: ${describe(error, sql)}`, error);
  }
}

/** PostgreSQL counts the position of an error in characters; people count lines. */
function describe(error: unknown, sql: string): string {
  if (!(error instanceof pg.DatabaseError)) return String(error);
  const position = Number(error.position);
  return position > 0 ? `line ${sql.slice(0, position).split('\n').length}: ${error.message}` : error.message;
}

function failed(message: string, cause?: unknown): CodedError {
  return new CodedError('migration_failed', message, { cause });
}
