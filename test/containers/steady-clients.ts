import { setTimeout as delay } from 'node:timers/promises';
import type { CompletionAnswer, StackClient } from './stack-client.js';

const PAUSE_MS = 100;
const LIMIT_MS = 180_000;

/** An answer, and when its question was sent. */
interface TimedAnswer extends CompletionAnswer {
  readonly sentAtMs: number;
}

/** Clients that ask for completions, each its next one a moment after the last answer, until they are stopped. */
export class SteadyClients {
  readonly answers: TimedAnswer[] = [];
  private readonly stopping = new AbortController();
  private readonly running: Promise<unknown>;

  constructor(
    client: StackClient,
    sentences: readonly string[],
    readonly count: number,
  ) {
    this.running = Promise.all(Array.from({ length: count }, (_, index) => this.ask(client, sentences, index)));
  }

  /** Whether the last so many answers were all good, and came after now. */
  async untilGood(inARow: number): Promise<void> {
    const before = this.answers.length;
    const end = performance.now() + LIMIT_MS;
    const isGood = (): boolean => {
      const last = this.answers.slice(before).slice(-inARow);
      return last.length === inARow && last.every(({ status }) => status === 200);
    };
    while (!isGood()) {
      if (performance.now() > end) throw new Error(`There are not ${inARow} good answers in a row.`);
      await delay(PAUSE_MS);
    }
  }

  /** Those that were sent from then on and got no good answer. */
  failuresSince(sinceMs: number): readonly TimedAnswer[] {
    return this.answers.filter(({ sentAtMs, status }) => sentAtMs >= sinceMs && status !== 200);
  }

  /** Waits for the answers that are under way. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async ask(client: StackClient, sentences: readonly string[], first: number): Promise<void> {
    for (let index = first; !this.stopping.signal.aborted; index += this.count) {
      const sentAtMs = performance.now();
      this.answers.push({ sentAtMs, ...(await client.complete(sentences[index % sentences.length])) });
      await delay(PAUSE_MS);
    }
  }
}
