import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderArtifactStore } from '#artifacts';
import { environmentWith } from '#config';
import { migrate, openDatabase, startEmbeddedPostgres } from '#database';
import { architectureOf, countParameters, resolveHyperparameters } from '#language-model';
import { Registry } from '#registry';
import { writeSyntheticBundle } from './synthetic-bundle.js';

/** A server to send requests to. */
export interface Target {
  readonly baseUrl: string;
  readonly key: string;
}

const MAIN = new URL('../apps/generator/src/main.js', import.meta.url).pathname;
const READY_TIMEOUT_MS = 60_000;
const VOCABULARY = 10_000;

/**
 * Runs the real generator as a process of its own, on a database of its own in a temporary folder, serving an untrained
 * version of a preset's sizes; removes everything afterwards.
 */
export async function withGenerator(preset: string, use: (target: Target) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-bench-'));
  const postgres = await startEmbeddedPostgres({ folder: join(folder, 'postgres'), durable: false });
  try {
    await migrate(postgres.connectionString);
    const key = await registerVersion(postgres.connectionString, folder, preset);
    const port = await findFreePort();
    const child = fork(MAIN, {
      env: environmentWith({
        DATABASE_URL: postgres.connectionString,
        DATA_DIR: folder,
        GENERATOR_PORT: String(port),
        LOG_LEVEL: 'error',
      }),
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const ended = once(child, 'exit');
    try {
      const baseUrl = `http://127.0.0.1:${port}`;
      await Promise.race([
        waitUntilReady(baseUrl),
        ended.then(([code]) => Promise.reject(new TypeError(`The generator ended with code ${code}.`))),
      ]);
      await use({ baseUrl, key });
    } finally {
      child.kill('SIGTERM');
      await ended;
    }
  } finally {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Registers and promotes a synthetic bundle by the same use cases as a training run; returns an API key. */
async function registerVersion(connectionString: string, folder: string, preset: string): Promise<string> {
  const hyperparameters = resolveHyperparameters(preset);
  const bundle = join(folder, 'bundle');
  await writeSyntheticBundle(bundle, hyperparameters);
  const { bundleSha256 } = await new FolderArtifactStore(join(folder, 'artifacts')).putBundle(bundle);
  const database = openDatabase({ connectionString });
  try {
    const registry = new Registry(database);
    const sha256 = '0'.repeat(64);
    const corpus = await registry.createCorpus({ filename: 'none.txt', sizeBytes: 1, sha256, purpose: 'fine-tune' });
    const run = await registry.createTrainingRun({ corpusId: corpus.id, preset, seed: 1 });
    const { fence } = await registry.startRun(run.id);
    const version = await registry.completeRun(run.id, fence, {
      bundleSha256,
      dataSha256: sha256,
      codeVersion: 'bench',
      hyperparameters: { ...hyperparameters },
      parameters: countParameters(architectureOf(hyperparameters, VOCABULARY)),
      trainedTokens: 0,
      metrics: {},
    });
    await registry.promote({ deployment: 'production', versionId: version.id, actor: 'bench' });
    const { key } = await registry.createApiKey({ name: 'bench', scopes: ['completions'], actor: 'bench' });
    return key;
  } finally {
    await database.close();
  }
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
