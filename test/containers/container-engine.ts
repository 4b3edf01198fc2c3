import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { environmentWith, type Environment } from '#config';

const run = promisify(execFile);
const OUTPUT_MAXIMUM = 64 * 2 ** 20;

/** Files that a command reads from and writes to. */
interface Streams {
  readonly from?: string;
  readonly to?: string;
}

/** Docker or podman, whichever can run containers here, by its command line. */
export class ContainerEngine {
  private constructor(
    readonly name: 'docker' | 'podman',
    /** The command of the compose file, such as `docker compose`. */
    private readonly composeCommand: readonly [string, ...string[]],
    /** What building needs on this engine besides. */
    readonly buildOptions: readonly string[],
  ) {}

  /** @throws Error with what is missing when neither can be used */
  static async find(): Promise<ContainerEngine> {
    if ((await answers('docker', 'info')) && (await answers('docker', 'compose', 'version'))) {
      return new ContainerEngine('docker', ['docker', 'compose'], []);
    }
    if ((await answers('podman', 'info')) && (await answers('podman-compose', '--version'))) {
      // Works also where containers cannot be nested further, and where the host's network is the only one with a way out.
      const options = ['--format', 'docker', '--isolation=chroot', '--network=host'];
      return new ContainerEngine('podman', ['podman-compose'], options);
    }
    throw new Error('Neither "docker compose" nor podman with podman-compose can be used here.');
  }

  /** What the command printed. @throws Error with what it complained about */
  async output(...words: readonly string[]): Promise<string> {
    const { stdout } = await run(this.name, words, { maxBuffer: OUTPUT_MAXIMUM });
    return stdout.trim();
  }

  /** Runs a command with its output on this terminal, or from and to files. @throws Error when it fails */
  async run(words: readonly string[], streams: Streams = {}): Promise<void> {
    const input = streams.from === undefined ? null : await open(streams.from, 'r');
    const output = streams.to === undefined ? null : await open(streams.to, 'w');
    try {
      const child = spawn(this.name, words, { stdio: [input?.fd ?? 'ignore', output?.fd ?? 'inherit', 'inherit'] });
      await ended(child, `${this.name} ${words.join(' ')}`);
    } finally {
      await input?.close();
      await output?.close();
    }
  }

  /** Runs a command of the compose file. @throws Error with what it printed when it fails */
  async compose(project: string, settings: Environment, ...words: readonly string[]): Promise<void> {
    const [command, ...first] = this.composeCommand;
    const env = { ...environmentWith(settings) };
    await run(command, [...first, '-p', project, ...words], { env, maxBuffer: OUTPUT_MAXIMUM });
  }
}

async function ended(child: ReturnType<typeof spawn>, command: string): Promise<void> {
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${command} ended with ${String(code ?? child.signalCode)}.`);
}

async function answers(command: string, ...words: readonly string[]): Promise<boolean> {
  return run(command, words, { timeout: 20_000 }).then(
    () => true,
    () => false,
  );
}
