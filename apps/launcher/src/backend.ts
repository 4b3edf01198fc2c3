import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { environmentWith, GENERATOR_ENVIRONMENT, GENERATOR_NODE_ARGUMENTS, type Config } from '#config';
import { migrate, openDatabase, startEmbeddedPostgres } from '#database';
import { Registry } from '#registry';
import { ensureAdminKey, type AdminKey } from './admin-key.js';
import { ApiClient } from './api-client.js';
import { prepareDataFolder } from './process/data-folder.js';
import { lockFolder } from './process/folder-lock.js';
import { reservePort } from './process/reserve-port.js';
import { entryOf, ServiceProcess } from './process/service-process.js';
import type { Shutdown } from './process/shutdown.js';
import { waitUntilUp } from './process/wait-until-up.js';

/** Everything that runs behind a launcher. */
export interface Backend {
  readonly registry: Registry;
  readonly adminKey: AdminKey;
  readonly trainer: ApiClient;
  readonly generator: ApiClient;
}

/** What the backend is started with. */
export interface BackendOptions {
  readonly config: Config;
  /** Settings that were given as options, by their variables. */
  readonly settings: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Takes the steps that stop what was started. */
  readonly shutdown: Shutdown;
  /** Kills at once; for the second Ctrl-C. */
  readonly onStarted: (service: ServiceProcess) => void;
  readonly onDeath: (error: Error) => void;
}

/** Longer than a service gives its own requests to finish. */
const STOP_MARGIN_MS = 15_000;

/**
 * Locks the data folder and starts the database and both services.
 *
 * @throws folder_unwritable, conflict, port_in_use, database_unavailable, server_error; whatever the signal is aborted with
 */
export async function startBackend(options: BackendOptions): Promise<Backend> {
  const { config, shutdown, signal } = options;
  await prepareDataFolder(config.dataDir);
  const lock = await lockFolder(config.dataDir);
  shutdown.add(() => lock.release());
  const trainerPort = await reservePort({
    host: config.trainerHost,
    port: config.trainerPort,
    option: '--trainer-port',
  });
  const generatorPort = await reservePort({
    host: config.generatorHost,
    port: config.generatorPort,
    option: '--generator-port',
  });
  signal.throwIfAborted();

  const connectionString = await startDatabase(config, shutdown);
  signal.throwIfAborted();
  const database = openDatabase({ connectionString });
  shutdown.add(() => database.close());
  const registry = new Registry(database);
  const adminKey = await ensureAdminKey(config.dataDir, registry, 'npm start');
  signal.throwIfAborted();

  const environment = environmentWith({
    ...options.settings,
    DATABASE_URL: connectionString,
    TRAINER_PORT: String(trainerPort),
    GENERATOR_PORT: String(generatorPort),
    TRAINER_URL: config.trainerUrl ?? urlOf(config.trainerHost, trainerPort),
  });
  const start = startService(options, environment);
  const [trainer, generator] = await Promise.all([
    start('trainer', config.trainerHost, trainerPort),
    start('generator', config.generatorHost, generatorPort),
  ]);
  return {
    registry,
    adminKey,
    trainer: new ApiClient(trainer, adminKey.key),
    generator: new ApiClient(generator, adminKey.key),
  };
}

async function startDatabase(config: Config, shutdown: Shutdown): Promise<string> {
  if (config.databaseUrl !== null) {
    await migrate(config.databaseUrl);
    return config.databaseUrl;
  }
  const postgres = await startEmbeddedPostgres({ folder: join(config.dataDir, 'postgres'), port: config.postgresPort });
  shutdown.add(() => postgres.stop());
  await migrate(postgres.connectionString);
  return postgres.connectionString;
}

function startService(
  { config, shutdown, signal, onStarted, onDeath }: BackendOptions,
  environment: BackendOptions['settings'] | NodeJS.ProcessEnv,
) {
  return async (name: string, host: string, port: number): Promise<string> => {
    const logs = join(config.dataDir, 'logs');
    await mkdir(logs, { recursive: true });
    const service = new ServiceProcess({
      name,
      entry: entryOf(name),
      logPath: join(logs, `${name}.log`),
      ...(name === 'generator'
        ? { environment: { ...GENERATOR_ENVIRONMENT, ...environment }, nodeArguments: GENERATOR_NODE_ARGUMENTS }
        : { environment, nodeArguments: [] }),
    });
    onStarted(service);
    shutdown.add(() => service.stop(config.shutdownGraceMs + STOP_MARGIN_MS));
    service.onDeath(onDeath);
    const url = urlOf(host, port);
    await waitUntilUp(name, `${url}/health/live`, signal);
    return url;
  };
}

function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host.replace(/^0\.0\.0\.0$/, '127.0.0.1')}:${port}`;
}
