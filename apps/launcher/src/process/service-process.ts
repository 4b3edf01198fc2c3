import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CodedError } from '#errors';

/** What to start, and where its output goes. */
export interface ServiceDescription {
  readonly name: string;
  /** The compiled main file. */
  readonly entry: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly nodeArguments: readonly string[];
  readonly logPath: string;
}

const PRELOAD = new URL('./stop-with-parent.js', import.meta.url);
const LOG_LINES = 15;

/** A service as a child process, with its output in a log file. */
export class ServiceProcess {
  private readonly child: ChildProcess;
  private readonly exit: Promise<string>;
  private isStopping = false;

  constructor(private readonly description: ServiceDescription) {
    const log = openSync(description.logPath, 'a');
    this.child = fork(description.entry, [], {
      env: { ...description.environment },
      execArgv: ['--enable-source-maps', ...description.nodeArguments, '--import', PRELOAD.href],
      stdio: ['ignore', log, log, 'ipc'],
      // A process group of its own: Ctrl-C in the terminal reaches the launcher alone, which stops things in their order.
      detached: true,
    });
    closeSync(log);
    this.exit = once(this.child, 'exit').then(([code, signal]) =>
      signal === null ? `exit code ${String(code)}` : String(signal),
    );
  }

  get name(): string {
    return this.description.name;
  }

  /** Calls back when the process ends without having been told to, with an error that shows the end of its log. */
  onDeath(report: (error: CodedError) => void): void {
    void this.exit.then((how) => {
      if (this.isStopping) return;
      const { name, logPath } = this.description;
      report(
        new CodedError(
          'server_error',
          `The ${name} ended by itself (${how}). The end of its log, ${logPath}:\n\n${readEnd(logPath)}`,
        ),
      );
    });
  }

  /** Asks the process to stop and kills it when it has not within the time; settles when it is gone. */
  async stop(graceMs: number): Promise<void> {
    this.isStopping = true;
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGTERM');
    const timer = new AbortController();
    await Promise.race([this.exit, delay(graceMs, undefined, { signal: timer.signal }).catch(() => undefined)]);
    timer.abort();
    this.kill();
    await this.exit;
  }

  /** Ends the process at once. */
  kill(): void {
    this.isStopping = true;
    // The whole group: a training run is a child of the service.
    if (this.child.pid !== undefined) killGroup(this.child.pid);
  }
}

/** Path of a compiled file of another app, which is started and never imported. */
export function entryOf(app: string): string {
  return fileURLToPath(new URL(`../../../${app}/src/main.js`, import.meta.url));
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    // ESRCH: nothing of the group is left.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function readEnd(path: string): string {
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-LOG_LINES).join('\n');
}
