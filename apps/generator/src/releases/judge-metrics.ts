import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { explain } from '#release-policy';
import { ServiceMetrics } from '#observability';
import type { JudgeAction, OpenCase, Release } from '#registry/releases';

/** No release is open, or another replica judges it. */
const NO_STAGE = -1;

/** What the judge of a deployment sees and does, as metrics of the replica that it is on; all others show that they do not judge. */
@Injectable()
export class JudgeMetrics {
  readonly #active: Gauge;
  readonly #lagSeconds: Gauge;
  readonly #stage: Gauge;
  readonly #share: Gauge;
  readonly #held: Gauge;
  readonly #evidence: Gauge<'metric' | 'decision'>;
  readonly #decisions: Counter<'action'>;

  constructor({ registry }: ServiceMetrics) {
    const registers = [registry];
    this.#active = new Gauge({
      name: 'understudy_judge_active',
      help: '1 on the replica that judges the releases of its deployment.',
      registers,
    });
    this.#lagSeconds = new Gauge({
      name: 'understudy_judge_lag_seconds',
      help: 'Age of the oldest observation that was not judged yet when the judge last looked; 0 where there was none.',
      registers,
    });
    this.#stage = new Gauge({
      name: 'understudy_release_stage',
      help: 'Index of the stage of the open release; the number of stages while it is watched, -1 where none is judged here.',
      registers,
    });
    this.#share = new Gauge({
      name: 'understudy_release_share',
      help: 'Share of the requests that the candidate of the open release answers.',
      registers,
    });
    this.#held = new Gauge({
      name: 'understudy_release_held',
      help: '1 while the open release is held; 2 where it waits for a person.',
      registers,
    });
    this.#evidence = new Gauge({
      name: 'understudy_release_evidence_ratio',
      help: 'Logarithm of the wealth towards a decision, over that which decides: at 1 it is made.',
      labelNames: ['metric', 'decision'],
      registers,
    });
    this.#decisions = new Counter({
      name: 'understudy_release_decisions_total',
      help: 'What the judge on this replica has done, by action.',
      labelNames: ['action'],
      registers,
    });
    this.tellNone();
  }

  /** Whether this replica judges. */
  tellActive(isActive: boolean): void {
    this.#active.set(isActive ? 1 : 0);
    if (!isActive) this.tellNone();
  }

  /** What was found before it was judged. */
  tellFound({ observations, now }: OpenCase): void {
    const oldestMs = Math.min(now.getTime(), ...observations.map(({ at }) => at.getTime()));
    this.#lagSeconds.set((now.getTime() - oldestMs) / 1_000);
  }

  /** The release after a judgement. */
  tellJudged(release: Release, action: JudgeAction['kind']): void {
    if (action !== 'continue') this.#decisions.inc({ action });
    if (release.endedAt !== null) {
      this.tellNone();
      return;
    }
    const { stageIndex, share, state, resumes, policy, statistics } = release;
    this.#stage.set(stageIndex);
    this.#share.set(share);
    this.#held.set(state !== 'held' ? 0 : resumes === true ? 1 : 2);
    for (const { metric, rollback, promotion, watch } of explain(policy, statistics).metrics) {
      const towards = { rollback, promotion, change: watch.change };
      for (const [decision, { bound, missingNats }] of Object.entries(towards)) {
        if (bound !== null && missingNats !== null)
          this.#evidence.set({ metric, decision }, 1 - missingNats / Math.log(bound));
      }
    }
  }

  /** No release is open. */
  tellNone(): void {
    this.#stage.set(NO_STAGE);
    this.#share.set(0);
    this.#held.set(0);
    this.#lagSeconds.set(0);
    this.#evidence.reset();
  }
}
