import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

/** The release before this one: a tag of the repository. */
export const PREVIOUS_RELEASE = 'v0.1.0';

/** Whether the repository has the tag; a shallow clone or an archive of the sources does not. */
export function hasPreviousRelease(): boolean {
  return spawnSync('git', ['rev-parse', '--verify', '--quiet', `refs/tags/${PREVIOUS_RELEASE}^{commit}`]).status === 0;
}

/** A service of the release before, as a process. */
export interface OldService {
  readonly url: string;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
}

/** What is used of its registry, to make the first key. */
interface OldRegistryModule {
  readonly Registry: new (database: unknown) => {
    createApiKey(key: { name: string; scopes: readonly string[]; actor: string }): Promise<{ readonly key: string }>;
  };
}

interface OldDatabaseModule {
  readonly openDatabase: (options: { readonly connectionString: string }) => { close(): Promise<void> };
}

/** The release before, compiled in a temporary folder; it runs on the packages that are installed for this one. */
export class PreviousRelease {
  readonly #children: ChildProcess[] = [];

  private constructor(private readonly folder: string) {}

  static async build(): Promise<PreviousRelease> {
    const folder = await mkdtemp(join(tmpdir(), 'understudy-previous-'));
    const archive = join(folder, 'sources.tar');
    run('git', ['archive', '--format=tar', `--output=${archive}`, PREVIOUS_RELEASE]);
    run('tar', ['-xf', archive, '-C', folder]);
    await symlink(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
    const services = {
      extends: './tsconfig.json',
      // Its own checks have passed when it was released.
      compilerOptions: { noCheck: true, incremental: false, tsBuildInfoFile: null, sourceMap: false },
      include: ['apps/trainer/**/*.ts', 'apps/generator/**/*.ts', 'libs/**/*.ts'],
      exclude: ['**/*.spec.ts', '**/testing/**'],
    };
    await writeFile(join(folder, 'tsconfig.services.json'), JSON.stringify(services));
    run(process.execPath, [join(folder, 'scripts/prisma-generate.mjs')]);
    run(process.execPath, [
      join(folder, 'node_modules/typescript/bin/tsc'),
      '-p',
      join(folder, 'tsconfig.services.json'),
    ]);
    return new PreviousRelease(folder);
  }

  /** Starts a service; resolves when it listens. */
  async start(service: 'trainer' | 'generator', environment: Readonly<Record<string, string>>): Promise<OldService> {
    const child = spawn(process.execPath, [join(this.folder, `dist/apps/${service}/src/main.js`)], {
      cwd: this.folder,
      env: { ...environment, TRAINER_PORT: '0', GENERATOR_PORT: '0', LOG_LEVEL: 'info' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#children.push(child);
    const ended = once(child, 'exit') as Promise<[number | null]>;
    const url = await Promise.race([
      new Promise<string>((resolve) => {
        createInterface({ input: child.stdout }).on('line', (line) => {
          const { msg, url: listensAt } = JSON.parse(line) as { msg: string; url?: string };
          if (msg === 'listening' && listensAt !== undefined) resolve(listensAt);
        });
      }),
      ended.then(([code]) =>
        Promise.reject(new Error(`The ${service} of ${PREVIOUS_RELEASE} ended with ${code ?? 'a signal'}.`)),
      ),
    ]);
    return {
      url,
      stop: async () => {
        child.kill('SIGTERM');
        const [code] = await ended;
        return code;
      },
    };
  }

  /** A key for everything, made by its own code. */
  async createKey(connectionString: string): Promise<string> {
    const { openDatabase } = await this.#import<OldDatabaseModule>('libs/database/src/index.js');
    const { Registry } = await this.#import<OldRegistryModule>('libs/registry/src/index.js');
    const database = openDatabase({ connectionString });
    try {
      const { key } = await new Registry(database).createApiKey({ name: 'old', scopes: ['admin'], actor: 'test' });
      return key;
    } finally {
      await database.close();
    }
  }

  async close(): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  async #import<T>(path: string): Promise<T> {
    return (await import(pathToFileURL(join(this.folder, 'dist', path)).href)) as T;
  }
}

function run(command: string, parameters: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(command, parameters, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${parameters.join(' ')} failed: ${stdout}${stderr}`);
}
