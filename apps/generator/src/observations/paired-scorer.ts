import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { Counter } from 'prom-client';
import { ServiceMetrics } from '#observability';
import type { Release } from '#registry/releases';
import { ReleaseArms } from '../releases/release-arms.js';
import { ObservationRecorder } from './observation-recorder.js';
import { scorePairs } from './score-pair.js';

/** Texts that wait to be scored; more are left out. */
const MOST_WAITING = 64;

/** A text that a client wrote. */
export interface LiveText {
  readonly live: Release;
  readonly text: string;
  readonly requestId: string;
  readonly client: string | null;
}

interface Job {
  readonly metric: 'paired_loss' | 'probe_loss';
  readonly live: Release;
  readonly texts: readonly string[];
  readonly requestId: string | null;
  readonly client: string | null;
  /** Called when it is over, whatever came of it. */
  readonly done: () => void;
}

/**
 * Lets both versions of a release score the same texts, one job after the other and no more than the policy's share of the time. What
 * cannot be scored soon is left out: a sample needs no text in particular.
 */
@Injectable()
export class PairedScorer implements BeforeApplicationShutdown {
  readonly #logger = new Logger(PairedScorer.name);
  readonly #waiting: Job[] = [];
  readonly #stopping = new AbortController();
  readonly #seconds: Counter;
  readonly #leftOut: Counter<'why'>;
  #running: Promise<void> | null = null;

  constructor(
    private readonly arms: ReleaseArms,
    private readonly recorder: ObservationRecorder,
    { registry }: ServiceMetrics,
  ) {
    this.#seconds = new Counter({
      name: 'understudy_scoring_seconds_total',
      help: 'Time that the decoders have spent on scoring texts for a release.',
      registers: [registry],
    });
    this.#leftOut = new Counter({
      name: 'understudy_scoring_left_out_total',
      help: 'Texts that were to be scored for a release and were not: full (too many waited), or incomparable.',
      labelNames: ['why'],
      registers: [registry],
    });
  }

  /** A text that a client wrote, to be scored when there is time. */
  offer({ text, ...rest }: LiveText): void {
    if (this.#waiting.length < MOST_WAITING)
      this.#add({ ...rest, metric: 'paired_loss', texts: [text], done: () => undefined });
    else this.#leftOut.inc({ why: 'full' });
  }

  /** Held-out texts, before all that wait; fulfilled when they were scored, or cannot be. */
  async probe(live: Release, texts: readonly string[]): Promise<void> {
    if (texts.length === 0 || this.#stopping.signal.aborted) return;
    await new Promise<void>((done) => {
      this.#waiting.unshift({ metric: 'probe_loss', live, texts, requestId: null, client: null, done });
      this.#start();
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopping.abort();
    for (const { done } of this.#waiting.splice(0)) done();
    await this.#running;
  }

  #add(job: Job): void {
    if (this.#stopping.signal.aborted) return;
    this.#waiting.push(job);
    this.#start();
  }

  #start(): void {
    this.#running ??= this.#run().finally(() => (this.#running = null));
  }

  async #run(): Promise<void> {
    for (let job = this.#waiting.shift(); job !== undefined; job = this.#waiting.shift()) {
      try {
        await this.#rest(job, await this.#score(job));
      } catch (error) {
        // A version was unloaded, or the server stops.
        if (!this.#stopping.signal.aborted) this.#logger.warn({ err: error, msg: 'texts could not be scored' });
      } finally {
        job.done();
      }
    }
  }

  /** @returns how long the decoders were busy with it */
  async #score(job: Job): Promise<number> {
    const { live, metric, requestId, client } = job;
    const ready = this.arms.ready(live);
    // The release may have ended while the text waited.
    if (ready === null || this.arms.live?.id !== live.id) return 0;
    const leases = [ready.candidate.lease(), ready.incumbent.lease()];
    try {
      if (leases.includes(null)) return 0;
      const { pairs, computeMs } = await scorePairs(ready.candidate, ready.incumbent, job.texts);
      this.#seconds.inc(computeMs / 1000);
      // It may have gone on meanwhile; a text says the same in every stage.
      const { id: releaseId, stageIndex, share, policy } = this.arms.live;
      for (const pair of pairs) {
        if (pair === null) this.#leftOut.inc({ why: 'incomparable' });
        if (pair === null || (metric === 'paired_loss' && pair.tokens < policy.scoring.minPromptTokens)) continue;
        this.recorder.record({
          releaseId,
          metric,
          arm: 'both',
          stageIndex,
          share,
          value: pair.differenceNats,
          tokens: pair.tokens,
          requestId,
          client,
        });
      }
      return computeMs;
    } finally {
      for (const giveBack of leases) giveBack?.();
    }
  }

  /** On average no more than the share of the time is spent on scoring. */
  async #rest({ live }: Job, computeMs: number): Promise<void> {
    const share = live.policy.scoring.maxDecodeShare;
    const restMs = computeMs * (1 / share - 1);
    if (restMs < 1) return;
    await sleep(restMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}
