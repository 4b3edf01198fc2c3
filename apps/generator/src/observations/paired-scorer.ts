import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { Counter } from 'prom-client';
import { ServiceMetrics } from '#observability';
import type { Release } from '#registry/releases';
import { ReleaseArms } from '../releases/release-arms.js';
import { ObservationRecorder } from './observation-recorder.js';
import { scorePairs, type PairScore } from './score-pair.js';

/** Texts that wait to be scored; more are left out. */
const MOST_WAITING = 64;
/** Texts that are read together. */
const SIDE_BY_SIDE = 8;

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
    for (let jobs = this.#take(); jobs.length > 0; jobs = this.#take()) {
      try {
        await this.#rest(jobs, await this.#score(jobs));
      } catch (error) {
        // A version was unloaded, or the server stops.
        if (!this.#stopping.signal.aborted) this.#logger.warn({ err: error, msg: 'texts could not be scored' });
      } finally {
        for (const { done } of jobs) done();
      }
    }
  }

  /** What is scored next: texts that wait for the same are read side by side, which costs little more than one of them. */
  #take(): readonly Job[] {
    const [first] = this.#waiting;
    if (first === undefined) return [];
    const isAlike = ({ metric, live }: Job): boolean => metric === first.metric && live.id === first.live.id;
    const other = this.#waiting.findIndex((job) => !isAlike(job));
    return this.#waiting.splice(0, Math.min(SIDE_BY_SIDE, other < 0 ? Infinity : other));
  }

  /** @returns how long the decoders were busy with it */
  async #score(jobs: readonly Job[]): Promise<number> {
    const texts = jobs.flatMap((job) => job.texts.map((text) => ({ job, text })));
    const live = jobs[0]?.live;
    const ready = live === undefined ? null : this.arms.ready(live);
    // The release may have ended while the texts waited.
    if (ready === null || this.arms.live?.id !== live?.id) return 0;
    const leases = [ready.candidate.lease(), ready.incumbent.lease()];
    try {
      if (leases.includes(null)) return 0;
      const { pairs, computeMs } = await scorePairs(
        ready.candidate,
        ready.incumbent,
        texts.map(({ text }) => text),
      );
      this.#seconds.inc(computeMs / 1000);
      for (const [index, { job }] of texts.entries()) this.#record(job, pairs[index] ?? null);
      return computeMs;
    } finally {
      for (const giveBack of leases) giveBack?.();
    }
  }

  #record({ metric, live, requestId, client }: Job, pair: PairScore | null): void {
    if (pair === null) this.#leftOut.inc({ why: 'incomparable' });
    // The release may have gone on meanwhile; a text says the same in every stage.
    const { id: releaseId, stageIndex, share, policy } = this.arms.live?.id === live.id ? this.arms.live : live;
    if (pair === null || (metric === 'paired_loss' && pair.tokens < policy.scoring.minPromptTokens)) return;
    const { differenceNats: value, tokens } = pair;
    this.recorder.record({ releaseId, metric, arm: 'both', stageIndex, share, value, tokens, requestId, client });
  }

  /** On average no more than the share of the time is spent on scoring. */
  async #rest([job]: readonly Job[], computeMs: number): Promise<void> {
    const share = job?.live.policy.scoring.maxDecodeShare ?? 1;
    const restMs = computeMs * (1 / share - 1);
    if (restMs < 1) return;
    await sleep(restMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}
