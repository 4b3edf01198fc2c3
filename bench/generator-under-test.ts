import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { environmentWith, GENERATOR_ENVIRONMENT, GENERATOR_NODE_ARGUMENTS } from '#config';
import { migrate, startEmbeddedPostgres } from '#database';
import type { Target } from './load/load-plan.js';
import { registerSyntheticVersions } from './synthetic-versions.js';

/** What generator to run. */
export interface GeneratorOptions {
  readonly preset: string;
  /** Sizes other than the preset's, by the API's names. */
  readonly hyperparameters?: Readonly<Record<string, unknown>>;
  /** How many versions to register, 1 unless said; the first is promoted. */
  readonly versions?: number;
  /** Whether all of them have the same weights. */
  readonly areIdentical?: boolean;
  /** Environment of the process. */
  readonly settings?: Readonly<Record<string, string>>;
  /** An empty database to use instead of a server of its own. */
  readonly connectionString?: string;
  /** Told each line that the process logs. */
  readonly onLine?: (line: string) => void;
  /** Arguments for Node besides those of `npm start`. */
  readonly nodeArguments?: readonly string[];
}

/** A running generator that serves untrained models. */
export interface GeneratorUnderTest extends Target {
  /** A key with the scope `admin`. */
  readonly adminKey: string;
  readonly pid: number;
  /** Ids of the versions, the promoted one first. */
  readonly versions: readonly string[];
  /** Sends SIGTERM; resolves with the exit code, or the name of the signal that ended it. */
  stop(): Promise<number | string>;
  /** Sends a message to the process and gives its next one. */
  ask(question: string): Promise<unknown>;
}

const MAIN = new URL('../apps/generator/src/main.js', import.meta.url).pathname;
const READY_TIMEOUT_MS = 60_000;

/**
 * Runs the real generator as a process of its own, on a database of its own and in a temporary folder, serving untrained
 * versions of a preset's sizes; removes everything afterwards.
 */
export function withGenerator<T>(
  options: GeneratorOptions,
  use: (generator: GeneratorUnderTest) => Promise<T>,
): Promise<T> {
  return withGenerators({ ...options, replicas: 1 }, ([generator]) => use(generator!));
}

/** The same with several replicas on one database. */
export async function withGenerators<T>(
  options: GeneratorOptions & { readonly replicas: number },
  use: (generators: readonly GeneratorUnderTest[]) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-bench-'));
  const postgres =
    options.connectionString === undefined
      ? await startEmbeddedPostgres({ folder: join(folder, 'postgres'), durable: false })
      : null;
  try {
    const connectionString = options.connectionString ?? postgres?.connectionString ?? '';
    return await runGenerators(options, connectionString, folder, use);
  } finally {
    await postgres?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function runGenerators<T>(
  options: GeneratorOptions & { readonly replicas: number },
  connectionString: string,
  folder: string,
  use: (generators: readonly GeneratorUnderTest[]) => Promise<T>,
): Promise<T> {
  await migrate(connectionString);
  const registered = await registerSyntheticVersions(connectionString, folder, options);
  const started: StartedGenerator[] = [];
  try {
    for (let index = 0; index < options.replicas; index++)
      started.push(await startGenerator(options, connectionString, folder));
    return await use(started.map((generator) => ({ ...registered, ...generator })));
  } finally {
    await Promise.all(started.map(({ stop }) => stop()));
  }
}

type StartedGenerator = Pick<GeneratorUnderTest, 'baseUrl' | 'pid' | 'stop' | 'ask'>;

/** Resolves when it serves. */
async function startGenerator(
  options: GeneratorOptions,
  connectionString: string,
  folder: string,
): Promise<StartedGenerator> {
  const port = await findFreePort();
  const child = fork(MAIN, {
    // As `npm start` runs it.
    execArgv: ['--enable-source-maps', ...GENERATOR_NODE_ARGUMENTS, ...(options.nodeArguments ?? [])],
    env: environmentWith({
      LOG_LEVEL: 'error',
      ...GENERATOR_ENVIRONMENT,
      ...options.settings,
      LOG_FORMAT: 'json',
      DATABASE_URL: connectionString,
      DATA_DIR: folder,
      GENERATOR_PORT: String(port),
    }),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  listenTo(child, options.onLine);
  const ended = once(child, 'close') as Promise<[number | null, string | null]>;
  const stop = async (): Promise<number | string> => {
    child.kill('SIGTERM');
    const [code, signal] = await ended;
    return code ?? signal ?? '';
  };
  const ask = async (question: string): Promise<unknown> => {
    child.send(question);
    const [answer] = (await once(child, 'message')) as [unknown];
    return answer;
  };
  const baseUrl = `http://127.0.0.1:${port}`;
  try {
    await Promise.race([
      waitUntilReady(baseUrl),
      ended.then(([code]) => Promise.reject(new TypeError(`The generator ended with code ${code ?? 'null'}.`))),
    ]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { baseUrl, pid: child.pid ?? 0, stop, ask };
}

function listenTo(child: ChildProcess, onLine: (line: string) => void = (line) => console.error(line)): void {
  for (const output of [child.stdout, child.stderr]) if (output) createInterface({ input: output }).on('line', onLine);
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function waitUntilReady(baseUrl: string): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (performance.now() < deadline) {
    const response = await fetch(`${baseUrl}/health/ready`).catch(() => null);
    await response?.body?.cancel();
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new TypeError(`The generator was not ready within ${READY_TIMEOUT_MS / 1000} s.`);
}
