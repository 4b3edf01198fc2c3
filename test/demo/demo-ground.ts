import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environmentWith, GENERATOR_ENVIRONMENT, GENERATOR_NODE_ARGUMENTS } from '#config';
import { migrate, openDatabase, startEmbeddedPostgres } from '#database';
import { Registry } from '#registry';
import { ensureAdminKey } from '../../apps/launcher/src/admin-key.js';
import { reservePort } from '../../apps/launcher/src/process/reserve-port.js';
import { entryOf, ServiceProcess } from '../../apps/launcher/src/process/service-process.js';
import { Shutdown } from '../../apps/launcher/src/process/shutdown.js';
import { waitUntilUp } from '../../apps/launcher/src/process/wait-until-up.js';

/** Everything, running: a database, a trainer and generators, as they run in service. */
export interface DemoGround {
  readonly folder: string;
  readonly connectionString: string;
  readonly registry: Registry;
  readonly key: string;
  readonly trainer: string;
  readonly generators: readonly string[];
  /** Aborted with the reason when a service ends by itself. */
  readonly signal: AbortSignal;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const STOP_LIMIT_MS = 30_000;

/** Starts everything in a new folder, which is removed when it is closed. */
export async function openDemoGround(replicas: number): Promise<DemoGround> {
  const shutdown = new Shutdown();
  const folder = await mkdtemp(join(tmpdir(), 'understudy-demo-'));
  shutdown.add(() => rm(folder, { recursive: true, force: true }));
  try {
    // So that PostgreSQL's own account can enter it where this runs as root.
    await chmod(folder, 0o755);
    const postgres = await startEmbeddedPostgres({ folder: join(folder, 'postgres'), durable: false });
    shutdown.add(() => postgres.stop());
    await migrate(postgres.connectionString);
    const database = openDatabase({ connectionString: postgres.connectionString });
    shutdown.add(() => database.close());
    const registry = new Registry(database);
    const { key } = await ensureAdminKey(folder, registry, 'npm run demo:rollback');
    const failure = new AbortController();

    const start = async (app: 'trainer' | 'generator', name: string, settings: object = {}): Promise<string> => {
      const port = await reservePort({ host: HOST, port: 0, option: `--${app}-port` });
      const environment = environmentWith({
        ...(app === 'generator' ? GENERATOR_ENVIRONMENT : {}),
        DATABASE_URL: postgres.connectionString,
        DATA_DIR: folder,
        [`${app.toUpperCase()}_HOST`]: HOST,
        [`${app.toUpperCase()}_PORT`]: String(port),
        LOG_FORMAT: 'json',
        ...settings,
      });
      const service = new ServiceProcess({
        name,
        entry: entryOf(app),
        environment,
        nodeArguments: app === 'generator' ? GENERATOR_NODE_ARGUMENTS : [],
        logPath: join(folder, `${name}.log`),
      });
      shutdown.add(() => service.stop(STOP_LIMIT_MS));
      service.onDeath((error) => failure.abort(error));
      const url = `http://${HOST}:${port}`;
      await waitUntilUp(name, `${url}/health/live`, failure.signal);
      return url;
    };
    const trainer = await start('trainer', 'trainer');
    const generators: string[] = [];
    for (let number = 1; number <= replicas; number++)
      generators.push(await start('generator', `generator-${number}`, { TRAINER_URL: trainer }));
    const close = (): Promise<void> => shutdown.run();
    const { connectionString } = postgres;
    return { folder, connectionString, registry, key, trainer, generators, signal: failure.signal, close };
  } catch (error) {
    await shutdown.run();
    throw error;
  }
}
