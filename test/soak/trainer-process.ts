import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { environmentWith } from '#config';

const MAIN = fileURLToPath(new URL('../../apps/trainer/src/main.js', import.meta.url));

/** A training process that a trainer started. */
export interface StartedChild {
  readonly trainingRunId: string;
  readonly childPid: number;
}

/** A trainer as a process of its own, which can be killed and started again. */
export class TrainerProcess {
  /** Every training process that was started, the newest last. */
  readonly started: StartedChild[] = [];
  /** Moments at which two training processes lived at the same time. */
  readonly overlaps: string[] = [];
  private process: ChildProcess | undefined;
  private exited: Promise<unknown> = Promise.resolve();

  /** @param settings environment of the process. */
  constructor(
    private readonly settings: Readonly<Record<string, string>>,
    private readonly onOutput: (line: string) => void,
  ) {}

  /** Resolves when it serves. */
  async start(): Promise<void> {
    const env = environmentWith({ ...this.settings, LOG_LEVEL: 'info', LOG_FORMAT: 'json' });
    const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.process = child;
    this.exited = once(child, 'exit');
    const up = new Promise<void>((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        this.hear(line);
        if (line.includes('"listening"')) resolve();
      });
      void this.exited.then(() => {
        reject(new Error('The trainer ended before it served.'));
      });
    });
    createInterface({ input: child.stderr }).on('line', this.onOutput);
    await up;
  }

  /** Whether it still runs, without having been told to end. */
  get isRunning(): boolean {
    return this.process?.exitCode === null && this.process.signalCode === null;
  }

  /** Ends it with SIGKILL. */
  async kill(): Promise<void> {
    this.process?.kill('SIGKILL');
    await this.exited;
  }

  /** Ends it as an operator does; resolves with its exit code. */
  async stop(): Promise<number | null> {
    this.process?.kill('SIGTERM');
    await this.exited;
    return this.process?.exitCode ?? null;
  }

  private hear(line: string): void {
    this.onOutput(line);
    if (!line.includes('"training process started"')) return;
    const started = JSON.parse(line) as StartedChild;
    for (const earlier of this.started.filter(({ childPid }) => isAlive(childPid))) {
      this.overlaps.push(`${earlier.childPid} (${earlier.trainingRunId}) lived when ${line} came`);
    }
    this.started.push(started);
  }
}

/** Whether the process runs: one that ended and was not yet waited for by its parent does not. */
export function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
