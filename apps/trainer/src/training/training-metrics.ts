import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { TrainingQueue } from '#jobs';
import { ServiceMetrics } from '#observability';
import type { TrainingRun } from '#registry';
import type { AttemptEnd } from './run-attempt.js';
import { fractionDone, type RunProgress } from './run-progress.js';

/** Reads one number out of the progress of a run. */
type Reading = (progress: RunProgress) => number | undefined;

const READINGS: Readonly<Record<string, { readonly help: string; readonly read: Reading }>> = {
  understudy_training_tokens_per_second: {
    help: 'Tokens that the running training run learns from per second.',
    read: (p) => p.tokensPerSecond,
  },
  understudy_training_loss_nats: {
    help: 'Training loss of the running run, in nats per token.',
    read: (p) => p.lossNats,
  },
  understudy_training_validation_loss_nats: {
    help: 'Newest validation loss of the running run, in nats per token.',
    read: (p) => p.evaluation?.validation.lossNats,
  },
  understudy_training_fraction: { help: 'Part of the running run that is done, from 0 to 1.', read: fractionDone },
  understudy_training_seconds_left: {
    help: 'Estimated time that the running run still needs, in seconds.',
    read: (p) => p.secondsLeft,
  },
};

/** Metrics of the queue and of the run that is being trained. */
@Injectable()
export class TrainingMetrics {
  private readonly attempts: Counter;
  private current: { readonly preset: string; readonly source: { readonly progress: RunProgress } } | null = null;

  constructor(metrics: ServiceMetrics, queue: TrainingQueue) {
    const registers = [metrics.registry];
    this.attempts = new Counter({
      name: 'understudy_training_attempts_total',
      help: 'Attempts at training runs that ended in this process, by how they ended.',
      labelNames: ['preset', 'end'],
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
    for (const [name, { help, read }] of Object.entries(READINGS)) this.gauge(name, help, read, registers);
  }

  /** Shows the progress of this run until the returned function is told how the attempt ended. */
  measure(run: TrainingRun, source: { readonly progress: RunProgress }): (end: AttemptEnd) => void {
    const shown = { preset: run.preset, source };
    this.current = shown;
    return (end) => {
      this.attempts.inc({ preset: run.preset, end });
      if (this.current === shown) this.current = null;
    };
  }

  private gauge(
    name: string,
    help: string,
    read: Reading,
    registers: ConstructorParameters<typeof Gauge>[0]['registers'],
  ): void {
    const current = (): TrainingMetrics['current'] => this.current;
    new Gauge({
      name,
      help,
      labelNames: ['preset'],
      ...(registers === undefined ? {} : { registers }),
      collect() {
        this.reset();
        const shown = current();
        const value = shown === null ? undefined : read(shown.source.progress);
        if (shown !== null && value !== undefined) this.set({ preset: shown.preset }, value);
      },
    });
  }
}
