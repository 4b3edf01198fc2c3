import { chmod, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { loadConfig } from '#config';
import { startEmbeddedPostgres } from '#database';
import { createTemplate } from './template-database.js';

/** A folder in memory, where Linux has one: hundreds of databases are made and removed, a thousand files each. */
const MEMORY_FOLDER = '/dev/shm';
/** Far more than the databases that are there at one time. */
const ROOM_BYTES = 2 ** 30;

interface TestServer {
  readonly connectionString: string;
  /** The migrated database. */
  readonly template: string;
  stop(): Promise<void>;
}

/** Of this run, and how many projects use it. */
let opening: Promise<TestServer> | undefined;
let users = 0;

/** vitest's global setup: one PostgreSQL server for the whole run, with a migrated template that each test clones. */
export default async function setUpPostgres(project: TestProject): Promise<() => Promise<void>> {
  users++;
  opening ??= openServer();
  const server = await opening;
  const { connectionString, template } = server;
  project.provide('postgresServer', { connectionString, template });
  return async () => {
    users--;
    if (users > 0) return;
    opening = undefined;
    await server.stop();
  };
}

async function openServer(): Promise<TestServer> {
  const server = await findServer();
  const template = await createTemplate(server.connectionString);
  return {
    connectionString: server.connectionString,
    template: template.name,
    async stop() {
      await template.drop();
      await server.stop();
    },
  };
}

async function findServer(): Promise<{ readonly connectionString: string; stop(): Promise<void> }> {
  const { testDatabaseUrl } = loadConfig();
  if (testDatabaseUrl !== null) return { connectionString: testDatabaseUrl, stop: () => Promise.resolve() };
  const folder = await mkdtemp(join(await fastFolder(), 'understudy-test-'));
  // As root the server runs as another account, which has to get in.
  await chmod(folder, 0o755);
  const server = await startEmbeddedPostgres({ folder: join(folder, 'postgres'), durable: false });
  return {
    connectionString: server.connectionString,
    async stop() {
      await server.stop();
      await rm(server.folder, { recursive: true, force: true });
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Where files are made fastest. */
async function fastFolder(): Promise<string> {
  const { bavail, bsize } = await statfs(MEMORY_FOLDER).catch(() => ({ bavail: 0, bsize: 0 }));
  return bavail * bsize >= ROOM_BYTES ? MEMORY_FOLDER : tmpdir();
}

declare module 'vitest' {
  export interface ProvidedContext {
    readonly postgresServer: { readonly connectionString: string; readonly template: string };
  }
}
