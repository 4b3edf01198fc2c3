import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { loadConfig, type Config, type Environment } from '#config';
import { openDatabase, type Database } from '#database';
import { Registry, type ApiScope, type TrainingRun } from '#registry';
import { createTrainer, type TrainerOverrides } from '../create-trainer.js';

/** Settings of a trainer in a spec: quick to notice, slow to give up, one thread. */
const QUICK: Environment = {
  TRAINER_PORT: '0',
  LOG_LEVEL: 'silent',
  TRAINING_THREADS: '1',
  DEVICE: 'cpu',
  HEARTBEAT_INTERVAL_MS: '100',
  POLL_INTERVAL_MS: '100',
  CANCEL_GRACE_MS: '5000',
};

/** A trainer that listens on a free port, with a key of its own and a folder that goes away with it. */
export class RunningTrainer {
  private constructor(
    readonly app: NestFastifyApplication,
    readonly url: string,
    readonly key: string,
    readonly config: Config,
    readonly registry: Registry,
    private readonly database: Database,
    private readonly dataDir: string,
  ) {}

  /** @param databaseUrl a migrated database. */
  static async start(
    databaseUrl: string,
    settings: Environment = {},
    overrides: TrainerOverrides = {},
  ): Promise<RunningTrainer> {
    const dataDir = await mkdtemp(join(tmpdir(), 'trainer-'));
    const config = loadConfig({ ...QUICK, DATA_DIR: dataDir, DATABASE_URL: databaseUrl, ...settings });
    const database = openDatabase({ connectionString: databaseUrl });
    const registry = new Registry(database);
    const app = await createTrainer(config, overrides);
    await app.listen(0, '127.0.0.1');
    const key = await keyWith(registry, ['training']);
    return new RunningTrainer(app, await app.getUrl(), key, config, registry, database, dataDir);
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.database.close();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  /** Sends a request with the key of this trainer; a body that is no form goes out as JSON. */
  async fetch(
    path: string,
    options: { method?: string; body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<Response> {
    const { body, headers = {} } = options;
    const isForm = body instanceof FormData;
    return fetch(`${this.url}${path}`, {
      method: options.method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        authorization: `Bearer ${this.key}`,
        ...(isForm || body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isForm || typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  }

  /** Uploads a text and returns its id. */
  async upload(text: string, filename = 'corpus.txt'): Promise<string> {
    const response = await this.fetch('/v1/files', { body: corpusForm(text, filename) });
    return ((await response.json()) as { id: string }).id;
  }

  /** Starts a tiny job on a text and returns its id. */
  async train(
    text: string,
    options: { filename?: string; hyperparameters?: Record<string, unknown> } = {},
  ): Promise<string> {
    const training_file = await this.upload(text, options.filename);
    const body = {
      model: 'small',
      training_file,
      seed: 1,
      method: { type: 'supervised', supervised: { hyperparameters: { ...TINY, ...options.hyperparameters } } },
    };
    const response = await this.fetch('/v1/fine_tuning/jobs', { body });
    return ((await response.json()) as { id: string }).id;
  }

  /** Resolves as soon as the run satisfies the condition. */
  async until(id: string, condition: (run: TrainingRun) => boolean | Promise<boolean>): Promise<TrainingRun> {
    for (;;) {
      const run = await this.registry.getTrainingRun(id);
      if (await condition(run)) return run;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Resolves with the newest event whose message matches, as soon as there is one. */
  async untilEvent(id: string, pattern: RegExp): Promise<RegExpExecArray> {
    let found: RegExpExecArray | undefined;
    await this.until(id, async () => {
      const { items } = await this.registry.listRunEvents(id, { order: 'desc', limit: 100 });
      found = items.map(({ message }) => pattern.exec(message)).find((match) => match !== null);
      return found !== undefined;
    });
    if (found === undefined) throw new Error('unreachable');
    return found;
  }
}

/** Hyper-parameters with which a run takes about a second. */
export const TINY = { n_epochs: 1, batch_size: 2, sequence_length: 10, embedding_dim: 8, lstm_units: 8 };

/** Hyper-parameters with which a run is still running when the spec has seen enough. */
export const ENDLESS = { ...TINY, n_epochs: 1000, early_stopping_patience: 0 };

/** An upload form as clients send it. */
export function corpusForm(
  content: string | Uint8Array<ArrayBuffer>,
  filename = 'corpus.txt',
  purpose = 'fine-tune',
): FormData {
  const form = new FormData();
  form.append('purpose', purpose);
  form.append('file', new Blob([content]), filename);
  return form;
}

/** A fresh API key. */
export async function keyWith(registry: Registry, scopes: ApiScope[]): Promise<string> {
  const { key } = await registry.createApiKey({ name: 'spec', scopes, actor: 'spec' });
  return key;
}
