import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { migrate, openDatabase, type Database } from '#database';

/** How often, and how far apart, those who have left are waited for. */
const LOOKS = 20;
const LOOK_MS = 2;

/** Makes a migrated database that others are cloned from. */
export async function createTemplate(serverUrl: string): Promise<{ readonly name: string; drop(): Promise<void> }> {
  const name = randomName('template');
  await onServer(serverUrl, ({ pool }) => pool.query(`CREATE DATABASE "${name}"`));
  await migrate(databaseUrl(serverUrl, name));
  return { name, drop: () => dropDatabase(serverUrl, name) };
}

/** Clones a template; about a thirtieth of a second. Copied as files, which takes half as long as by way of the log. */
export async function cloneTemplate(serverUrl: string, template: string): Promise<string> {
  const name = randomName('test');
  await onServer(serverUrl, ({ pool }) =>
    pool.query(`CREATE DATABASE "${name}" TEMPLATE "${template}" STRATEGY FILE_COPY`),
  );
  return name;
}

/** Makes a database without any table. */
export async function createEmptyDatabase(serverUrl: string): Promise<string> {
  const name = randomName('empty');
  await onServer(serverUrl, ({ pool }) => pool.query(`CREATE DATABASE "${name}"`));
  return name;
}

/** Removes a database, whoever is connected. */
export function dropDatabase(serverUrl: string, name: string): Promise<void> {
  return onServer(serverUrl, async ({ pool }) => {
    const isInUse = async (): Promise<boolean> =>
      (await pool.query('SELECT FROM pg_stat_activity WHERE datname = $1', [name])).rowCount !== 0;
    // The server needs a moment to end a connection that was closed just now; the drop itself would wait a tenth of a second for it.
    for (let look = 0; look < LOOKS && (await isInUse()); look++) await sleep(LOOK_MS);
    await pool.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
  });
}

/** Address of another database on the same server. */
export function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function onServer(serverUrl: string, use: (server: Database) => Promise<unknown>): Promise<void> {
  const server = openDatabase({ connectionString: serverUrl, maxConnections: 1 });
  try {
    await use(server);
  } finally {
    await server.close();
  }
}

function randomName(kind: string): string {
  return `understudy_${kind}_${randomBytes(8).toString('hex')}`;
}
