import { randomBytes } from 'node:crypto';
import { migrate, openDatabase } from '#database';

/** Makes a migrated database that others are cloned from. */
export async function createTemplate(serverUrl: string): Promise<{ readonly name: string; drop(): Promise<void> }> {
  const name = randomName('template');
  await runOnServer(serverUrl, `CREATE DATABASE "${name}"`);
  await migrate(databaseUrl(serverUrl, name));
  return { name, drop: () => dropDatabase(serverUrl, name) };
}

/** Clones a template; about a tenth of a second. */
export async function cloneTemplate(serverUrl: string, template: string): Promise<string> {
  const name = randomName('test');
  await runOnServer(serverUrl, `CREATE DATABASE "${name}" TEMPLATE "${template}"`);
  return name;
}

/** Makes a database without any table. */
export async function createEmptyDatabase(serverUrl: string): Promise<string> {
  const name = randomName('empty');
  await runOnServer(serverUrl, `CREATE DATABASE "${name}"`);
  return name;
}

/** Removes a database, whoever is connected. */
export function dropDatabase(serverUrl: string, name: string): Promise<void> {
  return runOnServer(serverUrl, `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
}

/** Address of another database on the same server. */
export function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function runOnServer(serverUrl: string, sql: string): Promise<void> {
  const server = openDatabase({ connectionString: serverUrl, maxConnections: 1 });
  try {
    await server.pool.query(sql);
  } finally {
    await server.close();
  }
}

function randomName(kind: string): string {
  return `understudy_${kind}_${randomBytes(8).toString('hex')}`;
}
