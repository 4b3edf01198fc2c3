import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { TrainingQueue } from '#jobs';
import { ServiceMetrics } from '#observability';
import type { TrainingRun } from '#registry';
import { GAUGE_READINGS } from '../measurements/gauge-readings.js';
import type { AttemptEnd } from './run-attempt.js';
import type { RunProgress } from './run-progress.js';

/** Upper bounds in seconds: from a free device to a queue of overnight runs. */
const WAIT_BUCKETS_SECONDS = [1, 5, 15, 60, 300, 900, 3_600, 10_800, 43_200, 86_400];

/** Metrics of the queue and of the run that is being trained. */
@Injectable()
export class TrainingMetrics {
  private readonly attempts: Counter;
  private readonly queueWait: Histogram;
  private current: { readonly preset: string; readonly source: { readonly progress: RunProgress } } | null = null;

  constructor(metrics: ServiceMetrics, queue: TrainingQueue) {
    const registers = [metrics.registry];
    this.attempts = new Counter({
      name: 'understudy_training_attempts_total',
      help: 'Attempts at training runs that ended in this process, by how they ended.',
      labelNames: ['preset', 'end'],
      registers,
    });
    this.queueWait = new Histogram({
      name: 'understudy_training_queue_wait_seconds',
      help: 'Time from the request for a training run to its first start.',
      labelNames: ['preset'],
      buckets: WAIT_BUCKETS_SECONDS,
      registers,
    });
    new Gauge({
      name: 'understudy_training_queue_jobs',
      help: 'Jobs on the training queue, by state.',
      labelNames: ['state'],
      registers,
      async collect() {
        // Without a queue there is nothing to count; the other metrics are wanted then more than ever.
        const counts = await queue.counts().catch(() => ({}));
        this.reset();
        for (const [state, count] of Object.entries(counts)) this.set({ state }, count);
      },
    });
    for (const [name, { help, read }] of Object.entries(GAUGE_READINGS)) {
      this.gauge({ name, help, labelNames: ['preset'], registers }, (progress) => [[{}, read(progress)]]);
    }
    this.gauge(
      {
        name: 'understudy_training_step_seconds',
        help: 'Mean time of a training step by part: reading the text, loss and gradients, update.',
        labelNames: ['preset', 'part'],
        registers,
      },
      ({ step, stepMs }) => (step === 0 ? [] : Object.entries(stepMs).map(([part, ms]) => [{ part }, ms / 1000])),
    );
  }

  /** Shows the progress of this run until the returned function is told how the attempt ended. */
  measure(run: TrainingRun, source: { readonly progress: RunProgress }): (end: AttemptEnd) => void {
    const shown = { preset: run.preset, source };
    this.current = shown;
    if (run.attempt === 1 && run.startedAt !== null) {
      this.queueWait.observe({ preset: run.preset }, (run.startedAt.getTime() - run.createdAt.getTime()) / 1000);
    }
    return (end) => {
      this.attempts.inc({ preset: run.preset, end });
      if (this.current === shown) this.current = null;
    };
  }

  /** A gauge that is read from the progress of the running run when it is asked for, and empty when no run is running. */
  private gauge(
    options: { name: string; help: string; labelNames: string[]; registers: Registry[] },
    read: (progress: RunProgress) => readonly (readonly [Readonly<Record<string, string>>, number | undefined])[],
  ): void {
    const current = (): TrainingMetrics['current'] => this.current;
    new Gauge({
      ...options,
      collect() {
        this.reset();
        const shown = current();
        if (shown === null) return;
        for (const [labels, value] of read(shown.source.progress)) {
          if (value !== undefined) this.set({ preset: shown.preset, ...labels }, value);
        }
      },
    });
  }
}
