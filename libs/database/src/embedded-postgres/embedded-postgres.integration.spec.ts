import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { guardAgainstLeaks } from '#testing';
import { joinEmbeddedPostgres, openDatabase, startEmbeddedPostgres } from '../index.js';
import { findPostgresPrograms } from './postgres-programs.js';

guardAgainstLeaks();
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'understudy-postgres-'));
  await chmod(folder, 0o755);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function start(port = 0): ReturnType<typeof startEmbeddedPostgres> {
  return startEmbeddedPostgres({ folder: join(folder, 'postgres'), port, durable: false });
}

async function run(connectionString: string, sql: string): Promise<unknown[]> {
  const database = openDatabase({ connectionString });
  try {
    return (await database.pool.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await database.close();
  }
}

/** Starts a server in a process of its own, which tells the address and then waits to be killed. */
async function startInProcess(): Promise<{ connectionString: string; killAndWait(): Promise<void> }> {
  const script = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(new URL('./start-embedded-postgres.js', import.meta.url).href)});
    const { connectionString } = await startEmbeddedPostgres({ folder: ${JSON.stringify(join(folder, 'postgres'))}, durable: false });
    console.log(connectionString);
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const [connectionString] = (await once(lines, 'line')) as [string];
  return {
    connectionString,
    async killAndWait() {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
      lines.close();
    },
  };
}

describe('an embedded server', () => {
  it('keeps its data, its password and its secrets over a stop and a start', async () => {
    const first = await start();
    await run(first.connectionString, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    const second = await start();
    expect(await run(second.connectionString, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    expect(new URL(second.connectionString).password).toBe(new URL(first.connectionString).password);
    expect((await stat(join(second.folder, 'password'))).mode & 0o777).toBe(0o600);
    await second.stop();
  });

  it('listens on this machine only and asks for the password', async () => {
    const server = await start();
    expect(await run(server.connectionString, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
    expect(await run(server.connectionString, 'SHOW unix_socket_directories')).toEqual([
      { unix_socket_directories: '' },
    ]);
    const wrong = server.connectionString.replace(/:[0-9a-f]+@/, ':wrong@');
    await expect(run(wrong, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    await server.stop();
  });

  it('refuses a second start in the same folder and stays as it is', async () => {
    const server = await start();
    await expect(start()).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/already runs PostgreSQL in .*process \d+, port \d+.*DATA_DIR/s) as string,
    });
    expect(await run(server.connectionString, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await server.stop();
  });

  it('is joined where it runs and left alone afterwards, and started where it does not', async () => {
    const joinIt = () => joinEmbeddedPostgres({ folder: join(folder, 'postgres'), durable: false });
    const server = await start();
    const joined = await joinIt();
    expect(joined.connectionString).toBe(server.connectionString);
    await joined.stop();
    expect(await run(server.connectionString, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await server.stop();
    const own = await joinIt();
    expect(await run(own.connectionString, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await own.stop();
    await expect(run(own.connectionString, 'SELECT 1')).rejects.toThrow();
  });

  it('is made once when two processes start it first at the same time', async () => {
    const starts = await Promise.allSettled([start(), start()]);
    const servers = starts.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    const refusals = starts.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    expect(servers).toHaveLength(1);
    expect(refusals).toEqual([expect.objectContaining({ code: 'conflict' })]);
    for (const server of servers) await server.stop();
  });

  it('says that the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(start(port)).rejects.toMatchObject({
      code: 'port_in_use',
      message: expect.stringContaining(`port ${port}`) as string,
    });
    other.close();
  });

  it('ends with the process that started it, even when that is killed, and goes on with what was committed', async () => {
    const owner = await startInProcess();
    await run(owner.connectionString, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await owner.killAndWait();
    // The start waits until the orphan is gone: that it succeeds shows that the orphan has ended.
    const server = await start();
    expect(await run(server.connectionString, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    await server.stop();
    const port = Number(new URL(owner.connectionString).port);
    const [error] = (await once(connect(port, '127.0.0.1'), 'error')) as [Error & { code?: string }];
    expect(error.code).toBe('ECONNREFUSED');
  });

  it('starts over a process id file whose number another program has by now', async () => {
    const server = await start();
    const path = join(server.folder, 'data/postmaster.pid');
    const file = await readFile(path, 'utf8');
    await server.stop();
    await writeFile(path, file.replace(/^\d+/, String(process.pid)));
    await (await start()).stop();
  });

  it('runs in a folder that only its owner may enter, as root too', async () => {
    await chmod(folder, 0o700);
    const server = await start();
    expect(await run(server.connectionString, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await server.stop();
    const again = await start();
    expect(again.folder).toBe(server.folder);
    await again.stop();
    if (process.getuid?.() === 0) {
      // The account that PostgreSQL runs as cannot enter it: the data lies elsewhere and the folder leads there.
      expect(await readlink(join(folder, 'postgres'))).toBe(server.folder);
    }
    await rm(server.folder, { recursive: true });
  });

  it('refuses a folder with other files in it', async () => {
    await mkdir(join(folder, 'postgres'));
    await writeFile(join(folder, 'postgres/thesis.txt'), 'mine');
    await expect(start()).rejects.toMatchObject({
      code: 'folder_unwritable',
      message: expect.stringContaining('thesis.txt') as string,
    });
  });

  it('says which platforms it does not exist for and what to do', () => {
    expect(() => findPostgresPrograms('aix', 'ppc')).toThrow(/aix-ppc.*DATABASE_URL/);
  });
});
