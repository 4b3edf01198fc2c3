import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { JOB_CATALOGUE, type JobName, type JobPayloads } from './job-catalogue.js';

const LIMIT_MS = 5_000;

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
    const { attempts } = JOB_CATALOGUE[name];
    const options = { jobId, attempts, removeOnComplete: true, removeOnFail: true };
    await withinLimit(this.queue.add(name, payload, options));
  }

  /** Whether a job with this id waits or is being worked on. */
  async has(jobId: string): Promise<boolean> {
    return (await withinLimit(this.queue.getJob(jobId))) !== undefined;
  }

  /** How many jobs wait and how many are being worked on. Throws where the queue cannot be reached. */
  async counts(): Promise<{ waiting: number; active: number }> {
    const counts = await withinLimit(this.queue.getJobCounts('waiting', 'active'));
    return { waiting: counts['waiting'] ?? 0, active: counts['active'] ?? 0 };
  }
}

/** A queue that was never reached since this process began keeps who asks waiting for ever; they have better things to do. */
async function withinLimit<T>(work: Promise<T>): Promise<T> {
  const ended = new AbortController();
  const late = sleep(LIMIT_MS, null, { signal: ended.signal }).then(() => {
    throw new Error(`The queue did not answer within ${LIMIT_MS / 1000} s.`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    ended.abort();
    late.catch(() => undefined);
    work.catch(() => undefined);
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
