import { Injectable, Logger } from '@nestjs/common';
import { TrainingQueue, trainingJobId } from '#jobs';
import type { TrainingRun } from '#registry';
import { briefError } from '../training/brief-error.js';

/** Puts a queued run on the queue. */
@Injectable()
export class EnqueueRun {
  private readonly logger = new Logger(EnqueueRun.name);

  constructor(private readonly queue: TrainingQueue) {}

  /** Does nothing for a run that is not queued. Never fails: the row is what counts, and the sweeper enqueues it as soon as the queue is back. */
  async enqueue({ id, state, attempt }: TrainingRun): Promise<void> {
    if (state !== 'queued') return;
    try {
      await this.queue.enqueue('train-model', { trainingRunId: id }, trainingJobId(id, attempt + 1));
    } catch (error) {
      this.logger.warn({ trainingRunId: id, ...briefError(error), msg: 'could not enqueue the run; the sweeper will' });
    }
  }
}
