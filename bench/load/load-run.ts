import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '../seeded-random.js';
import type { CompletionAnswer } from './completion-reader.js';
import { CompletionClient } from './completion-client.js';
import { requestBody, type LoadPlan, type Target } from './load-plan.js';
import { LoadTally, type Exchange, type LoadResult } from './load-tally.js';

/** Longest time that a client of a closed loop waits when it is told to come back later. */
const LONGEST_RETRY_WAIT_MS = 5_000;
/** What a client waits that was refused for now without being told how long. */
const RETRY_WAIT_MS = 1_000;
/** After a connection that failed or was broken off. */
const FAILURE_WAIT_MS = 5;
/** An abort falls evenly into the time that a request takes, and this before the first one was measured. */
const FIRST_GUESS_MS = 20;

/** What else a run may do. */
export interface LoadHooks {
  /** Told of every exchange, counted or not. */
  readonly onExchange?: (exchange: Exchange) => void;
  /** Sent as the request's id, so that it is found in the server's log. */
  readonly requestId?: (number: number) => string;
  /** Ends the run before its time; what is under way is waited for. */
  readonly signal?: AbortSignal;
}

/**
 * Sends completion requests as the plan says and measures the answers that come within its window.
 *
 * Requests that are under way when the window closes are waited for, so that the server is left idle.
 */
export async function runLoad(target: Target, plan: LoadPlan, hooks: LoadHooks = {}): Promise<LoadResult> {
  const run = new LoadRun(target, plan, hooks);
  return run.finish();
}

class LoadRun {
  readonly #tally = new LoadTally();
  readonly #random: () => number;
  readonly #stopping = new AbortController();
  readonly #clients: CompletionClient[] = [];
  #sent = 0;
  #usualMs = FIRST_GUESS_MS;

  constructor(
    private readonly target: Target,
    private readonly plan: LoadPlan,
    private readonly hooks: LoadHooks,
  ) {
    this.#random = seededRandom(plan.seed);
    // Each client that waits listens.
    setMaxListeners(0, this.#stopping.signal);
  }

  async finish(): Promise<LoadResult> {
    const { warmUpMs, durationMs, rate } = this.plan;
    // A timer of no time still takes a millisecond, in which an answer may have come.
    if (warmUpMs === 0) this.#tally.open();
    const opening = warmUpMs === 0 ? undefined : setTimeout(() => this.#tally.open(), warmUpMs);
    const closing = setTimeout(() => this.#stop(), warmUpMs + durationMs);
    const stop = (): void => this.#stop();
    this.hooks.signal?.addEventListener('abort', stop, { once: true });
    try {
      await (rate > 0 ? this.#openLoop() : this.#closedLoop());
      return this.#tally.result();
    } finally {
      clearTimeout(opening);
      clearTimeout(closing);
      this.hooks.signal?.removeEventListener('abort', stop);
      for (const client of this.#clients) client.close();
    }
  }

  #stop(): void {
    this.#tally.close();
    this.#stopping.abort();
  }

  async #closedLoop(): Promise<void> {
    const loop = async (): Promise<void> => {
      const client = this.#newClient();
      while (!this.#stopping.signal.aborted) {
        const { status, retryAfterMs } = await this.#exchange(client, performance.now());
        if (status === 429 || status === 503) await this.#wait(retryAfterMs ?? RETRY_WAIT_MS);
        else if (status === 0) await this.#wait(FAILURE_WAIT_MS);
      }
    };
    await Promise.all(Array.from({ length: this.plan.clients }, loop));
  }

  /** Arrivals do not wait for answers: a server that is too slow gets more and more requests at the same time. */
  async #openLoop(): Promise<void> {
    const idle: CompletionClient[] = [];
    const waiting: number[] = [];
    const running = new Set<Promise<void>>();
    const serve = async (client: CompletionClient, dueAtMs: number): Promise<void> => {
      for (let next: number | undefined = dueAtMs; next !== undefined; next = waiting.shift())
        await this.#exchange(client, next);
      idle.push(client);
    };
    let nextAtMs = performance.now();
    while (!this.#stopping.signal.aborted) {
      for (; nextAtMs <= performance.now(); nextAtMs += this.#gapMs()) {
        const client = idle.pop() ?? (this.#clients.length < this.plan.clients ? this.#newClient() : undefined);
        if (client === undefined) waiting.push(nextAtMs);
        else {
          const serving = serve(client, nextAtMs).finally(() => running.delete(serving));
          running.add(serving);
        }
      }
      await this.#wait(nextAtMs - performance.now());
    }
    waiting.length = 0;
    await Promise.all(running);
  }

  async #exchange(client: CompletionClient, dueAtMs: number): Promise<CompletionAnswer> {
    const number = this.#sent++;
    const abortAfterMs = this.#random() < this.plan.aborts ? this.#random() * this.#usualMs : null;
    const answer = await client.send(requestBody(this.plan, number), {
      stream: this.plan.stream,
      keepBody: this.plan.keepBodies,
      abortAfterMs,
      onGap: (gapMs) => this.#tally.addGap(gapMs),
      ...(this.hooks.requestId === undefined ? {} : { requestId: this.hooks.requestId(number) }),
    });
    const endedAtMs = performance.now();
    // A slowly moving mean, for the moments of aborts.
    if (answer.outcome === 'ok') this.#usualMs += 0.05 * (endedAtMs - dueAtMs - this.#usualMs);
    const exchange = { number, answer, dueAtMs, endedAtMs };
    this.#tally.add(exchange);
    this.hooks.onExchange?.(exchange);
    if (this.#tally.counted >= this.plan.requests) this.#stop();
    return answer;
  }

  #newClient(): CompletionClient {
    const client = new CompletionClient(this.target);
    this.#clients.push(client);
    return client;
  }

  /** Exponentially distributed, so that arrivals are a Poisson process. */
  #gapMs(): number {
    return (-Math.log(1 - this.#random()) * 1000) / this.plan.rate;
  }

  async #wait(milliseconds: number): Promise<void> {
    const longest = Math.min(Math.max(0, milliseconds), LONGEST_RETRY_WAIT_MS);
    await sleep(longest, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}
