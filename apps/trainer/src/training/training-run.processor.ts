import { OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import type { Job } from 'bullmq';
import { JOB_CATALOGUE, type JobPayloads } from '#jobs';
import { RunSupervisor } from './run-supervisor.js';

const { queue, concurrency, lockMs, stalledCheckEveryMs } = JOB_CATALOGUE['train-model'];

/** Hands the jobs of the queue to the supervisor, one at a time. */
@Processor(queue, { concurrency, lockDuration: lockMs, stalledInterval: stalledCheckEveryMs })
export class TrainingRunProcessor extends WorkerHost implements BeforeApplicationShutdown {
  private readonly logger = new Logger(TrainingRunProcessor.name);

  constructor(private readonly supervisor: RunSupervisor) {
    super();
  }

  override async process(job: Job<JobPayloads['train-model']>): Promise<void> {
    await this.supervisor.supervise(job.data.trainingRunId);
  }

  @OnWorkerEvent('error')
  onError(error: Error): void {
    // Not the error itself: its fields hold the whole connection.
    this.logger.warn({ reason: error.message, msg: 'the queue answered with an error' });
  }

  @OnWorkerEvent('failed')
  onFailed(job: Job<JobPayloads['train-model']> | undefined, error: Error): void {
    this.logger.error({
      trainingRunId: job?.data.trainingRunId,
      reason: error.message,
      msg: 'a job failed before its run was taken; the sweeper will enqueue it again',
    });
  }

  /** The running run goes back to the queue before the process ends. */
  async beforeApplicationShutdown(): Promise<void> {
    this.supervisor.stopAll();
    await this.worker.close();
  }
}
