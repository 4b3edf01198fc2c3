import { Inject, Injectable } from '@nestjs/common';
import { Counter } from 'prom-client';
import type { Config } from '#config';
import { ServiceMetrics } from '#observability';
import { TokenBucket } from '../admission/token-bucket.js';
import type { ValidCompletionRequest } from '../completions/valid-completion-request.js';
import { CONFIG } from '../generator-tokens.js';
import type { ArmLease } from '../releases/release-arms.js';
import { ReleaseArms } from '../releases/release-arms.js';
import { badEvents, type EndedCompletion } from './bad-events.js';
import { ObservationRecorder, type Observed } from './observation-recorder.js';
import { PairedScorer } from './paired-scorer.js';

/** A request that may say something about a release. */
export interface ObservedRequest {
  readonly id: string;
  readonly request: ValidCompletionRequest;
  readonly lease: ArmLease;
}

/** Remembers so many clients of a release, so as not to write what counts once again and again. */
const MOST_CLIENTS = 20_000;

/**
 * Turns requests that are over into observations of the open release, at most so many per second: what is left out is so whichever
 * arm it is from, so a release is judged by less, and not by something else.
 */
@Injectable()
export class RequestObserver {
  readonly #seen = new Set<string>();
  readonly #allowance: TokenBucket;
  readonly #leftOut: Counter;

  constructor(
    private readonly arms: ReleaseArms,
    private readonly recorder: ObservationRecorder,
    private readonly scorer: PairedScorer,
    { registry }: ServiceMetrics,
    @Inject(CONFIG) config: Config,
  ) {
    this.#allowance = new TokenBucket(60 * config.observationsPerSecond, () => performance.now());
    this.#leftOut = new Counter({
      name: 'understudy_observations_left_out_total',
      help: 'Observations that were not made, because there were OBSERVATIONS_PER_SECOND already.',
      registers: [registry],
    });
  }

  /** Takes note of a request that is over; never throws and never waits. */
  ended({ id, request, lease }: ObservedRequest, ended: EndedCompletion): void {
    const { live, lost, client } = lease;
    if (live === null || live.policy.mode === 'off') return;
    if (this.arms.ready(live) === null && lost === null) return;
    this.#offer(id, request, lease, ended);
    const draw = lost ?? lease.draw;
    if (draw === null) return;
    const common = { ...draw, releaseId: live.id, stageIndex: live.stageIndex };
    const record = (observed: Pick<Observed, 'metric' | 'value' | 'tokens' | 'durationMs'>): void => {
      if (client === null || this.#isFirst(`${live.id} ${live.stage === 'watched'} ${observed.metric} ${client}`))
        this.recorder.record({ ...common, ...observed, requestId: id, client });
    };
    const durationMs = ended.totalMs;
    if (client === null) this.recorder.countRequest(common, durationMs);
    else record({ metric: 'requests', value: 1, tokens: null, durationMs });
    if (lost !== null) {
      // Another version has answered: what this one can be blamed for is that it was not there.
      record({ metric: 'errors', value: 1, tokens: null });
      return;
    }
    const tokens = ended.completionTokens === 0 ? null : ended.completionTokens;
    for (const event of badEvents(ended, request, live.policy)) if (this.#mayObserve()) record({ ...event, tokens });
  }

  /** A sample of what clients write is scored by both versions. */
  #offer(
    id: string,
    request: ValidCompletionRequest,
    { live, loaded, client }: ArmLease,
    ended: EndedCompletion,
  ): void {
    const [prompt] = request.prompts;
    if (ended.outcome !== 'completed' || live === null || prompt === undefined || prompt === null) return;
    const { scoring } = live.policy;
    if (Math.random() >= scoring.sampleShare || !this.#mayObserve()) return;
    const written = typeof prompt === 'string' ? prompt : loaded.engine.tokenizer.decode(prompt);
    const completion = scoring.text === 'prompt' || request.echo ? '' : (ended.choices[0]?.text ?? '');
    this.scorer.offer({ live, text: written + completion, requestId: id, client });
  }

  #mayObserve(): boolean {
    if (this.#allowance.level < 1) {
      this.#leftOut.inc();
      return false;
    }
    this.#allowance.take(1);
    return true;
  }

  #isFirst(key: string): boolean {
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    const [oldest] = this.#seen;
    if (this.#seen.size > MOST_CLIENTS && oldest !== undefined) this.#seen.delete(oldest);
    return true;
  }
}
