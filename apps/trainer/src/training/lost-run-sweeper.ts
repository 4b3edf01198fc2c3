import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { TrainingQueue, trainingJobId } from '#jobs';
import { Registry, type TrainingRun } from '#registry';
import { TRAINER_OPTIONS, type TrainerOptions } from '../trainer-options.js';
import { briefError } from './brief-error.js';
import { WorkFolders } from './work-folders.js';

/** Runs per page of the list of queued runs. */
const PAGE = 100;

/**
 * Keeps rows and queue together: gives runs of dead workers back to the queue, and enqueues every queued run that has
 * no job (the process may have died between the two writes, or the queue may have been away). Removes the folders of runs
 * that ended without a worker, such as a paused one that was cancelled.
 */
@Injectable()
export class LostRunSweeper implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(LostRunSweeper.name);
  private timer: NodeJS.Timeout | undefined;
  private sweeping: Promise<void> | undefined;

  constructor(
    private readonly registry: Registry,
    private readonly queue: TrainingQueue,
    private readonly folders: WorkFolders,
    @Inject(TRAINER_OPTIONS) private readonly options: TrainerOptions,
  ) {}

  onApplicationBootstrap(): void {
    this.sweepOnce();
    this.timer = setInterval(() => {
      this.sweepOnce();
    }, this.options.config.pollIntervalMs);
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.sweeping;
  }

  private sweepOnce(): void {
    this.sweeping ??= this.sweep()
      .catch((error: unknown) => {
        this.logger.warn({ ...briefError(error), msg: 'could not look for lost runs; trying again' });
      })
      .finally(() => {
        this.sweeping = undefined;
      });
  }

  private async sweep(): Promise<void> {
    for (const run of await this.registry.requeueLostRuns(this.options.config.runLostAfterMs)) {
      this.logger.warn({
        trainingRunId: run.id,
        attempt: run.attempt,
        state: run.state,
        msg: 'the worker of this run died',
      });
    }
    for await (const run of this.queuedRuns()) {
      const jobId = trainingJobId(run.id, run.attempt + 1);
      if (await this.queue.has(jobId)) continue;
      await this.queue.enqueue('train-model', { trainingRunId: run.id }, jobId);
      this.logger.log({ trainingRunId: run.id, jobId, msg: 'enqueued' });
    }
    await this.folders.removeEnded();
  }

  /** Oldest first, so that runs that lost their jobs keep their order. */
  private async *queuedRuns(): AsyncGenerator<TrainingRun> {
    const queued: TrainingRun[] = [];
    let after: string | undefined;
    do {
      const page = await this.registry.listTrainingRuns({ state: 'queued', limit: PAGE, after });
      queued.push(...page.items);
      after = page.hasMore ? page.items.at(-1)?.id : undefined;
    } while (after !== undefined);
    yield* queued.reverse();
  }
}
