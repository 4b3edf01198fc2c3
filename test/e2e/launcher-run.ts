import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const LIMIT_MS = 120_000;

/** What a launcher that has ended left. */
export interface LauncherEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** An `npm start` as a process, without npm. */
export class LauncherRun {
  stdout = '';
  stderr = '';
  private readonly child: ChildProcess;
  private readonly closed: Promise<unknown>;

  constructor(
    readonly dataDir: string,
    options: readonly string[],
  ) {
    const ports = ['--generator-port', '0', '--trainer-port', '0'];
    this.child = spawn(process.execPath, ['scripts/start.mjs', '--data-dir', dataDir, ...ports, ...options], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.closed = once(this.child, 'close');
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  /** Waits until the output has the text, and returns the first group of the pattern. */
  async output(pattern: RegExp): Promise<string> {
    const end = AbortSignal.timeout(LIMIT_MS);
    for (;;) {
      const match = pattern.exec(this.stdout);
      if (match !== null) return match[1] ?? match[0];
      const waits = new AbortController();
      const options = { signal: AbortSignal.any([end, waits.signal]) };
      const news = once(this.child.stdout ?? this.child, 'data', options);
      const what = await Promise.race([news, this.closed.then(() => 'closed' as const), once(end, 'abort', waits)]);
      waits.abort();
      await news.catch(() => undefined);
      if (what === 'closed' || end.aborted) {
        throw new Error(`The launcher did not print ${String(pattern)}.\n${this.stdout}\n${this.stderr}`);
      }
    }
  }

  /** Waits for its end. */
  async end(): Promise<LauncherEnd> {
    await this.closed;
    return { code: this.child.exitCode, stdout: this.stdout, stderr: this.stderr };
  }

  async stop(signal: NodeJS.Signals): Promise<LauncherEnd> {
    this.child.kill(signal);
    return await this.end();
  }
}

/** Command lines of the processes that were started with this data folder, as far as /proc tells. */
export function listProcessesOf(dataDir: string): string[] {
  if (!existsSync('/proc')) return [];
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return pids
    .filter((pid) => (readOf(pid, 'cmdline') + readOf(pid, 'environ')).includes(dataDir))
    .map((pid) => readOf(pid, 'cmdline').replaceAll('\0', ' '));
}

function readOf(pid: string, file: string): string {
  try {
    return readFileSync(join('/proc', pid, file), 'utf8');
  } catch {
    // It ended between the listing and the reading.
    return '';
  }
}
