import { Injectable } from '@nestjs/common';
import { Gauge, Histogram } from 'prom-client';
import { ServiceMetrics } from '#observability';

const BUCKETS_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** How soon this replica follows what is decided about its deployment. */
@Injectable()
export class FollowMetrics {
  readonly #seconds: Histogram;
  readonly #revision: Gauge;
  /** The newest decision that this replica was told of and does not follow yet. */
  #awaited: { readonly servingRevision: number; readonly decidedAtMs: number } | null = null;

  constructor({ registry }: ServiceMetrics) {
    const registers = [registry];
    this.#seconds = new Histogram({
      name: 'understudy_follow_seconds',
      help: 'From a decision about what serves, by the clock of the database, until this replica followed it, by its own clock.',
      buckets: BUCKETS_SECONDS,
      registers,
    });
    this.#revision = new Gauge({
      name: 'understudy_serving_revision',
      help: 'Which of the decisions about what serves this replica follows: they are numbered one after the other.',
      registers,
    });
  }

  /** This replica has heard of a decision; one without a time is followed and not measured. */
  hear(servingRevision: number, decidedAtMs: number | undefined): void {
    this.#awaited = decidedAtMs === undefined ? null : { servingRevision, decidedAtMs };
  }

  /** From now on requests are answered as this decision says. */
  follow(servingRevision: number): void {
    this.#revision.set(servingRevision);
    if (this.#awaited === null || servingRevision < this.#awaited.servingRevision) return;
    this.#seconds.observe(Math.max(0, Date.now() - this.#awaited.decidedAtMs) / 1_000);
    this.#awaited = null;
  }
}
