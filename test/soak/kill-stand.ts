import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { FolderArtifactStore } from '#artifacts';
import { migrate, openDatabase, startEmbeddedPostgres, type Database, type EmbeddedPostgres } from '#database';
import { isCodedError } from '#errors';
import { Registry, type TrainingRun } from '#registry';
import { seededRandom } from '../../bench/seeded-random.js';
import { TrainerProcess } from './trainer-process.js';

/** Quick to notice that something died. */
const QUICK = {
  TRAINER_PORT: '0',
  TRAINING_THREADS: '1',
  DEVICE: 'cpu',
  HEARTBEAT_INTERVAL_MS: '200',
  POLL_INTERVAL_MS: '200',
  RUN_LOST_AFTER_MS: '8000',
  CHECKPOINT_INTERVAL_SECONDS: '0',
};

/** A model that is trained in some hundred steps of a few milliseconds. */
const HYPERPARAMETERS = {
  n_epochs: 4,
  batch_size: 2,
  sequence_length: 10,
  embedding_dim: 8,
  lstm_units: 8,
  early_stopping_patience: 0,
};
const RUN_SEED = 11;

/** A PostgreSQL server, a trainer and a registry to look into, all of which outlive each other. */
export class KillStand {
  private constructor(
    private readonly folder: string,
    private postgres: EmbeddedPostgres,
    private readonly database: Database,
    readonly registry: Registry,
    readonly trainer: TrainerProcess,
    private readonly store: FolderArtifactStore,
    private readonly corpusId: string,
  ) {}

  static async open(onOutput: (line: string) => void): Promise<KillStand> {
    const folder = await mkdtemp(join(tmpdir(), 'understudy-kills-'));
    // As root the server runs as another account, which has to get in.
    await chmod(folder, 0o755);
    const postgres = await startEmbeddedPostgres({ folder: join(folder, 'postgres'), durable: false });
    await migrate(postgres.connectionString);
    const database = openDatabase({ connectionString: postgres.connectionString });
    const registry = new Registry(database);
    const dataDir = join(folder, 'data');
    const settings = { ...QUICK, DATABASE_URL: postgres.connectionString, DATA_DIR: dataDir };
    const trainer = new TrainerProcess(settings, onOutput);
    const store = new FolderArtifactStore(join(dataDir, 'artifacts'));
    const stored = await store.putStream(Readable.from([Buffer.from(writeText())]));
    const corpus = await registry.createCorpus({ ...stored, filename: 'text.txt', purpose: 'fine-tune' });
    await trainer.start();
    return new KillStand(folder, postgres, database, registry, trainer, store, corpus.id);
  }

  async close(): Promise<void> {
    await this.trainer.kill();
    await this.database.close();
    await this.postgres.stop();
    await rm(this.postgres.folder, { recursive: true, force: true });
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Queues the run that is always the same. */
  async queueRun(): Promise<string> {
    const { corpusId } = this;
    const run = { corpusId, preset: 'small', seed: RUN_SEED, hyperparameters: HYPERPARAMETERS };
    return (await this.persistently(() => this.registry.createTrainingRun(run))).id;
  }

  /** Resolves when the run satisfies the condition. */
  async until(id: string, condition: (run: TrainingRun) => boolean, forMs: number): Promise<TrainingRun> {
    const giveUpAtMs = Date.now() + forMs;
    for (;;) {
      const run = await this.persistently(() => this.registry.getTrainingRun(id));
      if (condition(run)) return run;
      if (!this.trainer.isRunning) throw new Error('The trainer has ended by itself.');
      if (Date.now() > giveUpAtMs)
        throw new Error(`The job ${id} did not come further within ${forMs} ms: ${JSON.stringify(run)}`);
      await sleep(20);
    }
  }

  /** Stops the database server and starts it again in the same place. */
  async restartPostgres(): Promise<void> {
    const { port } = this.postgres;
    await this.postgres.stop();
    this.postgres = await startEmbeddedPostgres({ folder: join(this.folder, 'postgres'), port, durable: false });
  }

  /** Hash of the weights that a run has registered. */
  async weightsOf(modelVersionId: string): Promise<string> {
    const { bundleSha256 } = await this.persistently(() => this.registry.getModelVersion(modelVersionId));
    const manifest = JSON.parse(await readFile(this.store.path(bundleSha256), 'utf8')) as {
      readonly files: readonly { readonly path: string; readonly sha256: string }[];
    };
    const weights = manifest.files.find(({ path }) => path.endsWith('.safetensors'));
    if (weights === undefined) throw new Error(`The bundle ${bundleSha256} has no weights.`);
    return weights.sha256;
  }

  /** Asks the database again until it is back. */
  async persistently<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!isCodedError(error, 'database_unavailable')) throw error;
        await sleep(100);
      }
    }
  }
}

/** Sentences in which a model has something to learn; always the same. */
function writeText(): string {
  const random = seededRandom(5);
  const pick = (words: string): string => {
    const all = words.split(' ');
    return all[Math.floor(random() * all.length)] as string;
  };
  const sentence = (): string =>
    `The ${pick('old small quiet tall')} ${pick('captain garden river lamp doctor ship')} ${pick('watched carried found left')} a ${pick('letter bridge song road window')}.`;
  const paragraph = (): string => Array.from({ length: 6 }, sentence).join(' ');
  return Array.from({ length: 40 }, paragraph).join('\n\n');
}
