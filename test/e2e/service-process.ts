import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { environmentWith } from '#config';

/** A service of the project as a process of its own. */
export class ServiceProcess {
  private constructor(
    /** Where it listens. */
    readonly url: string,
    private readonly process: ChildProcess,
  ) {}

  /** Resolves when it listens. @param settings its environment, besides that of the tests */
  static async start(
    service: 'trainer' | 'generator',
    settings: Readonly<Record<string, string>>,
  ): Promise<ServiceProcess> {
    const main = fileURLToPath(new URL(`../../apps/${service}/src/main.js`, import.meta.url));
    const ports = { TRAINER_PORT: '0', GENERATOR_PORT: '0', LOG_LEVEL: 'info', LOG_FORMAT: 'json' };
    const env = environmentWith({ ...ports, ...settings });
    const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const told: string[] = [];
    createInterface({ input: child.stderr }).on('line', (line) => told.push(line));
    const url = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        told.push(line);
        if (line.includes('"listening"')) resolve((JSON.parse(line) as { url: string }).url);
      });
      child.once('exit', () => reject(new Error(`The ${service} ended before it listened.\n${told.join('\n')}`)));
    });
    return new ServiceProcess(url, child);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const ended = once(this.process, 'exit');
      this.process.kill(signal);
      await ended;
    }
    return this.process.exitCode;
  }
}
