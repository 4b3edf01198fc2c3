import type { CompletionAnswer } from './completion-reader.js';
import { Samples, type Percentiles } from './samples.js';

/** One request and its answer. */
export interface Exchange {
  /** Which request it was, counted from 0. */
  readonly number: number;
  readonly answer: CompletionAnswer;
  /** When it was due: of an open loop its arrival, so that waiting for a connection counts. */
  readonly dueAtMs: number;
  readonly endedAtMs: number;
}

/** What a run came to. */
export interface LoadResult {
  readonly seconds: number;
  readonly completionTokensPerSecond: number;
  readonly requestsPerSecond: number;
  /** From when a request is due to the first byte of its answer's body. */
  readonly ttftMs: Percentiles;
  /** Between two arrivals of events of one stream. */
  readonly interTokenMs: Percentiles | null;
  readonly latencyMs: Percentiles;
  /** How many exchanges ended in which way; `ok` is one of them. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Refusals for now (429, 503) that do not say when to come back. */
  readonly refusalsWithoutRetryAfter: number;
  /** Share of one core that the load generator used. */
  readonly loadGeneratorCores: number;
}

/** Counts the exchanges that end in a window of time. */
export class LoadTally {
  readonly #latency = new Samples();
  readonly #ttft = new Samples();
  readonly #gaps = new Samples();
  readonly #outcomes = new Map<string, number>();
  #tokens = 0;
  #withoutRetryAfter = 0;
  #counted = 0;
  #openedAtMs = Infinity;
  #closedAtMs = Infinity;
  #cpuAtOpen = process.cpuUsage();
  #cpu = { user: 0, system: 0 };

  /** Exchanges that were counted. */
  get counted(): number {
    return this.#counted;
  }

  open(): void {
    this.#openedAtMs = performance.now();
    this.#cpuAtOpen = process.cpuUsage();
  }

  close(): void {
    if (this.#closedAtMs !== Infinity) return;
    this.#closedAtMs = performance.now();
    this.#cpu = process.cpuUsage(this.#cpuAtOpen);
  }

  addGap(gapMs: number): void {
    if (this.#isOpen(performance.now())) this.#gaps.add(gapMs);
  }

  add({ answer, dueAtMs, endedAtMs }: Exchange): void {
    if (!this.#isOpen(endedAtMs)) return;
    this.#counted += 1;
    this.#outcomes.set(answer.outcome, (this.#outcomes.get(answer.outcome) ?? 0) + 1);
    if ((answer.status === 429 || answer.status === 503) && answer.retryAfterMs === null) this.#withoutRetryAfter += 1;
    if (answer.outcome !== 'ok') return;
    this.#tokens += answer.completionTokens;
    this.#latency.add(endedAtMs - dueAtMs);
    this.#ttft.add(answer.firstByteAtMs - dueAtMs);
  }

  result(): LoadResult {
    const seconds = Math.max(0, this.#closedAtMs - this.#openedAtMs) / 1000;
    return {
      seconds,
      completionTokensPerSecond: this.#tokens / seconds,
      requestsPerSecond: this.#latency.size / seconds,
      ttftMs: this.#ttft.percentiles(),
      interTokenMs: this.#gaps.size === 0 ? null : this.#gaps.percentiles(),
      latencyMs: this.#latency.percentiles(),
      outcomes: Object.fromEntries([...this.#outcomes].sort(([a], [b]) => (a < b ? -1 : 1))),
      refusalsWithoutRetryAfter: this.#withoutRetryAfter,
      loadGeneratorCores: (this.#cpu.user + this.#cpu.system) / 1e6 / seconds,
    };
  }

  #isOpen(nowMs: number): boolean {
    return nowMs >= this.#openedAtMs && nowMs < this.#closedAtMs;
  }
}
