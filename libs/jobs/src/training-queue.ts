import { Logger } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { JOB_CATALOGUE, type JobName, type JobPayloads } from './job-catalogue.js';

/**
 * The queue of training work: adds jobs by name and typed payload, and can say whether it is reachable.
 *
 * @example
 * await queue.enqueue('train-model', { trainingRunId: run.id }, trainingJobId(run.id, run.attempt + 1));
 */
export class TrainingQueue {
  private readonly logger = new Logger(TrainingQueue.name);

  constructor(private readonly queue: Queue) {
    // Connections that break while idle are made anew; the error says so to whoever watches. Its own fields hold the whole connection.
    queue.on('error', (error) => {
      this.logger.warn({ reason: error.message, msg: 'the queue lost a connection' });
    });
  }

  /**
   * Adds a job. Adding an id that is already on the queue changes nothing, so this may be repeated.
   *
   * A job that ended leaves the queue, because its row tells how it ended and its id must be free for the sweeper.
   */
  async enqueue<N extends JobName>(name: N, payload: JobPayloads[N], jobId: string): Promise<void> {
    await this.queue.add(name, payload, {
      jobId,
      attempts: JOB_CATALOGUE[name].attempts,
      removeOnComplete: true,
      removeOnFail: true,
    });
  }

  /** Whether a job with this id waits or is being worked on. */
  async has(jobId: string): Promise<boolean> {
    return (await this.queue.getJob(jobId)) !== undefined;
  }

  /** How many jobs wait and how many are being worked on. Throws where the queue cannot be reached. */
  async counts(): Promise<{ waiting: number; active: number }> {
    const counts = await this.queue.getJobCounts('waiting', 'active');
    return { waiting: counts['waiting'] ?? 0, active: counts['active'] ?? 0 };
  }
}

/**
 * The queue's id for one attempt at a run: the same for whoever enqueues it, so that no attempt is on the queue twice.
 *
 * @param attempt counted from 1.
 */
export function trainingJobId(trainingRunId: string, attempt: number): string {
  return `${trainingRunId}-${attempt}`;
}
