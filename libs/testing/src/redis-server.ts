import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PROGRAM = 'redis-server';
const POLL_MS = 20;

/** Whether this machine has Redis; specs that need it are skipped, and named as such, where it has not. */
export const HAS_REDIS = spawnSync(PROGRAM, ['--version']).status === 0;

/** A Redis that keeps everything in memory, on a port of its own. */
export class RedisServer {
  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private process: ChildProcess,
  ) {}

  static async start(): Promise<RedisServer> {
    const folder = await mkdtemp(join(tmpdir(), 'understudy-redis-'));
    const port = await freePort();
    return new RedisServer(folder, port, await launch(port, folder));
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Kills it; what it held is lost. */
  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await ended;
  }

  /** Starts an empty one at the same address. */
  async restart(): Promise<void> {
    this.process = await launch(this.port, this.folder);
  }

  async close(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function launch(port: number, folder: string): Promise<ChildProcess> {
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'];
  const child = spawn(PROGRAM, options, { stdio: 'ignore' });
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`${PROGRAM} ended with exit code ${child.exitCode}.`);
    await sleep(POLL_MS);
  }
  return child;
}

async function answers(port: number): Promise<boolean> {
  const socket = createConnection(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
