import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { reservePort } from '../../apps/launcher/src/process/reserve-port.js';
import type { ContainerEngine } from './container-engine.js';
import { until } from './until.js';

const PROJECT = 'understudy-test';
const GENERATORS = 3;
const HOST = '127.0.0.1';
/** podman-compose knows no profiles; naming the services leaves those of the profiles out with both. */
const SERVICES = ['postgres', 'redis', 'setup', 'trainer', 'generator', 'gateway'] as const;

/** A service of the compose file. */
export type Service = (typeof SERVICES)[number];

/** What the images are made of, each from the target of its name. */
const TARGETS = ['generator', 'trainer', 'gateway'] as const;

/** Everything of the compose file in containers, under a name and on ports of its own. */
export class ContainerStack {
  private constructor(
    readonly engine: ContainerEngine,
    private readonly settings: Readonly<Record<string, string>>,
    /** Where the gateway listens for completions and administration, and for the trainer. */
    readonly generatorUrl: string,
    readonly trainerUrl: string,
  ) {}

  /** Nothing runs yet; what a run before left behind is removed. */
  static async prepare(engine: ContainerEngine, more: Readonly<Record<string, string>> = {}): Promise<ContainerStack> {
    const ports = await Promise.all(
      ['--generator-port', '--trainer-port'].map((option) => reservePort({ host: HOST, port: 0, option })),
    );
    const [generatorPort, trainerPort] = ports as [number, number];
    const settings = {
      GENERATORS: String(GENERATORS),
      GENERATOR_PORT: String(generatorPort),
      TRAINER_PORT: String(trainerPort),
      POSTGRES_PASSWORD: randomBytes(12).toString('hex'),
      TRAINING_THREADS: '1',
      SERVING_THREADS: '1',
      DEVICE: 'cpu',
      // A run hears from its trainer three times before it gives up.
      HEARTBEAT_INTERVAL_MS: '1000',
      RUN_LOST_AFTER_MS: '15000',
      CHECKPOINT_INTERVAL_SECONDS: '1',
      ...more,
    };
    const url = (port: number): string => `http://${HOST}:${port}`;
    const stack = new ContainerStack(engine, settings, url(generatorPort), url(trainerPort));
    await stack.destroy();
    return stack;
  }

  /** The network of its containers. */
  get network(): string {
    return `${PROJECT}_default`;
  }

  /** Builds the images; what is cached takes no time. */
  async build(): Promise<void> {
    for (const target of TARGETS) {
      await this.engine.run(['build', ...this.engine.buildOptions, '--target', target, '-t', imageOf(target), '.']);
    }
  }

  /** Sizes of the images in bytes, layers that they share counted in each. */
  async imageSizes(): Promise<Readonly<Record<string, number>>> {
    const sizes = await Promise.all(
      TARGETS.map(async (target) => {
        const size = await this.engine.output('image', 'inspect', '--format', '{{.Size}}', imageOf(target));
        return [target, Number(size)] as const;
      }),
    );
    return Object.fromEntries(sizes);
  }

  /** Starts services, by default all of them. */
  async up(...services: readonly Service[]): Promise<void> {
    const words = services.length === 0 ? SERVICES : services;
    await this.engine.compose(PROJECT, this.settings, 'up', '-d', '--no-build', ...words);
  }

  /** Removes containers, network and volumes. */
  async destroy(): Promise<void> {
    await this.engine.compose(PROJECT, this.settings, 'down', '-v');
  }

  /** Containers of a service by name, the first one first. */
  async containers(service: Service): Promise<readonly string[]> {
    const labels = { project: PROJECT, service };
    const filters = Object.entries(labels).flatMap(([label, value]) => [
      '--filter',
      `label=com.docker.compose.${label}=${value}`,
    ]);
    const names = await this.engine.output('ps', '-a', ...filters, '--format', '{{.Names}}');
    return names.split('\n').filter(Boolean).sort();
  }

  /** The only container of a service. */
  async container(service: Service): Promise<string> {
    const [name, ...others] = await this.containers(service);
    if (name === undefined || others.length > 0) throw new Error(`${service} has not one container.`);
    return name;
  }

  /** What a command printed that was run in a container. */
  async inside(container: string, ...command: readonly string[]): Promise<string> {
    return this.engine.output('exec', container, ...command);
  }

  /** Ends a container at once, as losing its machine would. */
  async kill(container: string): Promise<void> {
    await this.engine.output('kill', container);
    await until(`${container} is gone`, async () => !(await this.isRunning(container)));
  }

  async start(container: string): Promise<void> {
    await this.engine.output('start', container);
  }

  /** Waits for the setup, whose container ends when it is done, and for both services to answer through the gateway. */
  async untilUp(): Promise<void> {
    await this.untilSetUp();
    for (const url of [this.trainerUrl, this.generatorUrl]) {
      await until(`${url} answers`, async () => (await fetch(`${url}/health/live`)).ok);
    }
  }

  async untilSetUp(): Promise<void> {
    const container = await this.container('setup');
    await until('the setup is done', async () => {
      const state = await this.engine.output('inspect', '--format', '{{.State.Status}} {{.State.ExitCode}}', container);
      return state === 'exited 0';
    });
  }

  /** The key that the setup has made. */
  async adminKey(): Promise<string> {
    return this.inside(await this.container('trainer'), 'cat', '/data/admin-key');
  }

  /** Writes what is to be kept into a folder: the database, the bytes it names, the key. */
  async backUp(folder: string): Promise<void> {
    const dump = ['pg_dump', '-U', 'understudy', '-Fc', 'understudy'];
    await this.engine.run(['exec', await this.container('postgres'), ...dump], { to: join(folder, 'database') });
    const pack = ['tar', '-C', '/data', '-cz', 'artifacts', 'admin-key'];
    await this.engine.run(['exec', await this.container('trainer'), ...pack], { to: join(folder, 'files') });
  }

  /** Puts a backup into new volumes, before anything else is started. */
  async restore(folder: string): Promise<void> {
    await this.up('postgres');
    const postgres = await this.container('postgres');
    const isReady = ['pg_isready', '-U', 'understudy', '-d', 'understudy', '-h', HOST];
    await until('the new database answers', () =>
      this.inside(postgres, ...isReady).then(
        () => true,
        () => false,
      ),
    );
    const restore = ['pg_restore', '-U', 'understudy', '-d', 'understudy', '--no-owner'];
    await this.engine.run(['exec', '-i', postgres, ...restore], { from: join(folder, 'database') });
    await this.engine.compose(PROJECT, this.settings, 'up', '--no-start', '--no-build', 'trainer');
    await this.unpack(join(folder, 'files'));
  }

  /** Into the volumes of the trainer, which has not run yet. */
  private async unpack(archive: string): Promise<void> {
    const volumes = ['-v', `${PROJECT}_work:/data`, '-v', `${PROJECT}_artifacts:/data/artifacts`];
    const words = ['run', '--rm', '-i', ...volumes, imageOf('trainer'), 'tar', '-C', '/data', '-xz'];
    await this.engine.run(words, { from: archive });
    await rm(archive);
  }

  private async isRunning(container: string): Promise<boolean> {
    return (await this.engine.output('inspect', '--format', '{{.State.Running}}', container)) === 'true';
  }
}

/** As the compose file names it. */
function imageOf(target: (typeof TARGETS)[number]): string {
  return `understudy-${target}`;
}
