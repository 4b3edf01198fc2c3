import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, rename, stat, type FileHandle } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { CodedError } from '#errors';
import { toDatabaseError } from '../database-errors.js';
import { findPostgresPrograms } from './postgres-programs.js';
import { identity, POSTGRES_NAME, preparePostgresHome, type PostgresHome } from './postgres-home.js';
import { assertNoServerRuns, findServer, readPostmasterFile } from './postmaster-file.js';

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 20_000;
const POLL_MS = 25;
const PORT_ATTEMPTS = 5;
const LOG_MAXIMUM_BYTES = 16 * 1024 ** 2;

/**
 * Runs the server and stops it when its own standard input ends. The kernel closes that pipe when this process ends,
 * however it ends, so that even `kill -9` leaves no server behind.
 */
const WATCHDOG = `
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
( read -r _ <&3; kill -INT "$server" ) &
watch=$!
wait "$server"; status=$?
kill "$watch" 2>/dev/null
exit "$status"`;

/** A PostgreSQL server that this process runs. */
export interface EmbeddedPostgres {
  /** Address of its database, password included. */
  readonly connectionString: string;
  readonly port: number;
  /** The folder that holds its data and its log; another than the one asked for where that was not reachable. */
  readonly folder: string;
  /** Ends its connections and waits until its data is on disk. */
  stop(): Promise<void>;
}

/** How an embedded server runs. */
export interface EmbeddedPostgresOptions {
  /** Holds the cluster; made when missing, gone on with when there. */
  readonly folder: string;
  /** 0 or left out: a free one. */
  readonly port?: number;
  /** `false` trades the data for speed when the machine crashes: for tests. */
  readonly durable?: boolean;
  /** How many it takes; 100 when left out. */
  readonly maxConnections?: number;
}

/**
 * Starts a PostgreSQL server of the project's own on 127.0.0.1 with a database ready to be migrated. Works as root and
 * as an ordinary user, and goes on after a crash. It ends with this process at the latest.
 *
 * @throws conflict when another process runs a server in the folder
 * @throws port_in_use when the port that was asked for is taken
 * @throws folder_unwritable, disk_full, configuration_invalid, database_unavailable
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const home = await preparePostgresHome(resolve(options.folder), findPostgresPrograms());
  await assertNoServerRuns(join(home.folder, 'data'));
  for (let attempt = 1; ; attempt++) {
    const port = options.port || (await findFreePort());
    const log = await openLog(home);
    const server = await spawnServer(home, port, log, options);
    const outcome = await waitUntilReady(home, port, server, log.start).catch(async (error: unknown) => {
      await stopServer(home, server);
      throw toDatabaseError(error);
    });
    if (outcome === 'ready') {
      return {
        connectionString: address(home, port, POSTGRES_NAME),
        port,
        folder: home.folder,
        stop: () => stopServer(home, server),
      };
    }
    // Between the search for a free port and its use another program may take it.
    if (outcome === 'port taken' && !options.port && attempt < PORT_ATTEMPTS) continue;
    throw outcome === 'port taken'
      ? new CodedError(
          'port_in_use',
          `PostgreSQL cannot listen on port ${port}: another program does. Set POSTGRES_PORT to another port, or to 0 for a free one.`,
          { param: 'POSTGRES_PORT' },
        )
      : outcome;
  }
}

/**
 * Joins the server that another process of this account runs in the folder, and starts one where none does. Stopping one that was
 * joined leaves it alone.
 *
 * @throws what startEmbeddedPostgres throws
 */
export async function joinEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const home = await preparePostgresHome(resolve(options.folder), findPostgresPrograms());
  const running = await findServer(join(home.folder, 'data'));
  if (running === null) return startEmbeddedPostgres(options);
  const { port } = running;
  const connectionString = address(home, port, POSTGRES_NAME);
  return { connectionString, port, folder: home.folder, stop: () => Promise.resolve() };
}

async function spawnServer(
  home: PostgresHome,
  port: number,
  log: OpenLog,
  { durable = true, maxConnections = 100 }: EmbeddedPostgresOptions,
): Promise<ChildProcess> {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    shared_buffers: '128MB',
    max_connections: String(maxConnections),
    io_method: 'sync',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
    // No replicas, so no need to log for them.
    wal_level: 'minimal',
    max_wal_senders: '0',
    ...(durable ? {} : { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' }),
  };
  const server = [
    join(home.programs, 'bin/postgres'),
    '-D',
    join(home.folder, 'data'),
    '-p',
    String(port),
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  try {
    const child = spawn('/bin/sh', ['-c', WATCHDOG, 'sh', ...server], {
      ...identity(home.account),
      cwd: '/',
      stdio: ['pipe', log.file.fd, log.file.fd],
      // A Ctrl-C in the terminal is for the services: they still need the database while they stop.
      detached: true,
    });
    child.stdin?.on('error', () => undefined);
    await once(child, 'spawn');
    // A process that forgets to stop the server can still end; the server then ends with it.
    child.unref();
    (child.stdin as unknown as { unref(): void }).unref();
    return child;
  } finally {
    await log.file.close();
  }
}

interface OpenLog {
  readonly file: FileHandle;
  /** What stands before this position was written by earlier starts. */
  readonly start: number;
}

async function openLog(home: PostgresHome): Promise<OpenLog> {
  const path = logPath(home);
  if (((await stat(path).catch(() => null))?.size ?? 0) > LOG_MAXIMUM_BYTES) await rename(path, `${path}.old`);
  const file = await open(path, 'a', 0o600);
  return { file, start: (await file.stat()).size };
}

async function waitUntilReady(
  home: PostgresHome,
  port: number,
  server: ChildProcess,
  logStart: number,
): Promise<'ready' | 'port taken' | CodedError> {
  const end = Date.now() + START_LIMIT_MS;
  while (server.exitCode === null && server.signalCode === null) {
    const file = await readPostmasterFile(join(home.folder, 'data'));
    // The port tells this server from one that another process starts in the folder at the same moment.
    if (file?.status === 'ready' && file.port === port) {
      await createDatabase(home, port);
      return 'ready';
    }
    if (Date.now() > end) {
      await stopServer(home, server);
      return new CodedError(
        'database_unavailable',
        `PostgreSQL was not ready after ${START_LIMIT_MS / 1000} s; its log is ${logPath(home)}.`,
      );
    }
    await delay(POLL_MS);
  }
  const log = (await readFile(logPath(home))).subarray(logStart).toString('utf8');
  if (/could not bind .*Address already in use/i.test(log)) return 'port taken';
  // Two starts at the same time: PostgreSQL's own lock lets one of them through.
  if (/lock file "postmaster.pid" already exists/.test(log)) await assertNoServerRuns(join(home.folder, 'data'));
  if (/No space left on device/i.test(log))
    return new CodedError(
      'disk_full',
      `The disk has no room for PostgreSQL to start in ${home.folder}. Make room or set DATA_DIR to another disk.`,
    );
  return new CodedError(
    'database_unavailable',
    `PostgreSQL did not start: ${log.trim().slice(-2000)} (its log is ${logPath(home)}).`,
  );
}

/** Makes the project's database when the server runs for the first time. */
async function createDatabase(home: PostgresHome, port: number): Promise<void> {
  const client = new pg.Client({ connectionString: address(home, port, 'postgres'), connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [POSTGRES_NAME]);
    if (rowCount === 0) await client.query(`CREATE DATABASE "${POSTGRES_NAME}"`);
  } finally {
    await client.end();
  }
}

async function stopServer(home: PostgresHome, server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exited = once(server, 'exit');
  // Wait for it with a reference, or the process could end in the middle.
  server.ref();
  server.stdin?.end();
  const killer = setTimeout(() => {
    // It gave its clients their chance: end at once; the next start recovers from the write-ahead log.
    void readPostmasterFile(join(home.folder, 'data')).then((file) => file && process.kill(file.pid, 'SIGQUIT'));
  }, STOP_LIMIT_MS);
  await exited;
  clearTimeout(killer);
}

function address(home: PostgresHome, port: number, database: string): string {
  return `postgresql://${POSTGRES_NAME}:${home.password}@127.0.0.1:${port}/${database}`;
}

function logPath(home: PostgresHome): string {
  return join(home.folder, 'postgres.log');
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const found = server.address();
  server.close();
  await once(server, 'close');
  if (found === null || typeof found === 'string') throw new Error('A TCP server has a port.');
  return found.port;
}
