import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { TrainingEvent, TrainModelResult } from '#language-model';
import type { ChildMessage, ChildOrder, ParentMessage, RunErrorReport } from './child-messages.js';

/** How a child ended. */
export type ChildOutcome =
  | { readonly kind: 'finished'; readonly result: TrainModelResult }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly error: RunErrorReport }
  /** It ended without a last word: killed, crashed, or its lease ran out. */
  | {
      readonly kind: 'died';
      readonly exitCode: number | null;
      readonly signal: NodeJS.Signals | null;
      readonly lastOutput: string;
    };

/** What a child tells while it runs. */
export interface ChildObserver {
  onEvent(event: TrainingEvent): void;
  /** A line that the child wrote to its standard output or error. */
  onOutput(line: string): void;
}

/** Lines of output that are kept to explain a crash. */
const KEPT_OUTPUT_LINES = 10;

/** One forked training process: starts it, keeps its lease, stops it step by step, and tells how it ended. */
export class TrainingChildProcess {
  /** Never rejects. */
  readonly outcome: Promise<ChildOutcome>;
  private readonly lastOutput: string[] = [];
  private lastWord: ChildOutcome | undefined;

  private constructor(
    private readonly child: ChildProcess,
    private readonly observer: ChildObserver,
  ) {
    child.on('message', (message) => {
      this.hear(message as ChildMessage);
    });
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.keepOutput(line));
    }
    this.outcome = this.waitForEnd();
  }

  /**
   * @param script the compiled entry file of the child.
   * @param ownedAtMs when the run was known to be ours, in milliseconds since 1970.
   */
  static start(script: string, order: ChildOrder, ownedAtMs: number, observer: ChildObserver): TrainingChildProcess {
    const child = fork(script, [], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [] });
    const process = new TrainingChildProcess(child, observer);
    process.tell({ type: 'train', order, ownedAtMs });
    return process;
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** @param ownedAtMs when the run was known to be ours, in milliseconds since 1970. */
  renewLease(ownedAtMs: number): void {
    this.tell({ type: 'lease', ownedAtMs });
  }

  /**
   * Asks the child to end, having saved its state (`stop`) or at once (`cancel`); then sends SIGTERM, then SIGKILL,
   * `graceMs` apart. Resolves when it has ended.
   */
  async stop(how: 'stop' | 'cancel', graceMs: number): Promise<void> {
    this.tell({ type: how });
    if (await this.endsWithin(graceMs)) return;
    this.child.kill('SIGTERM');
    if (await this.endsWithin(Math.min(graceMs, 2_000))) return;
    await this.kill();
  }

  /** Ends the child at once. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.outcome;
  }

  private tell(message: ParentMessage): void {
    // A child that is ending has closed its side already; how it ended is told by `outcome`.
    if (this.child.connected) this.child.send(message, () => undefined);
  }

  private hear(message: ChildMessage): void {
    switch (message.type) {
      case 'event':
        this.observer.onEvent(message.event);
        return;
      case 'finished':
        this.lastWord = { kind: 'finished', result: message.result };
        return;
      case 'stopped':
        this.lastWord = { kind: 'stopped' };
        return;
      case 'failed':
        this.lastWord = { kind: 'failed', error: message.error };
        return;
    }
  }

  private keepOutput(line: string): void {
    this.lastOutput.push(line);
    if (this.lastOutput.length > KEPT_OUTPUT_LINES) this.lastOutput.shift();
    this.observer.onOutput(line);
  }

  private async waitForEnd(): Promise<ChildOutcome> {
    try {
      // 'exit' may come before the last messages have been read; 'disconnect' comes after them.
      const [[exitCode, signal]] = (await Promise.all([once(this.child, 'exit'), once(this.child, 'disconnect')])) as [
        [number | null, NodeJS.Signals | null],
        unknown,
      ];
      return this.lastWord ?? { kind: 'died', exitCode, signal, lastOutput: this.lastOutput.join('\n') };
    } catch (error) {
      // `once` rejects on 'error': the process could not be started.
      return { kind: 'died', exitCode: null, signal: null, lastOutput: String(error) };
    }
  }

  private async endsWithin(timeMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(resolve, timeMs, false);
    });
    const ended = await Promise.race([this.outcome.then(() => true), late]);
    clearTimeout(timer);
    return ended;
  }
}
