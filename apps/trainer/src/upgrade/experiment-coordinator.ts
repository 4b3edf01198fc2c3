import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Registry, type UpgradeExperiment } from '#registry';
import { EnqueueRun } from '../fine-tuning/enqueue-run.js';
import { briefError } from '../training/brief-error.js';
import { StageWorker } from './stage-worker.js';

/** How often experiments are looked after. A query that finds nothing costs next to nothing. */
const LOOK_EVERY_MS = 1000;

/**
 * Takes every experiment on, step by step, until it has ended. It keeps nothing in memory: whichever trainer looks next, also
 * after all of them were killed, goes on from the row.
 */
@Injectable()
export class ExperimentCoordinator implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('UpgradeExperiment');
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;

  constructor(
    private readonly registry: Registry,
    private readonly enqueueRun: EnqueueRun,
    private readonly worker: StageWorker,
  ) {}

  onApplicationBootstrap(): void {
    this.look();
    this.timer = setInterval(() => {
      this.look();
    }, LOOK_EVERY_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
    await this.worker.stop();
  }

  /** Looks after every experiment now; somebody has just changed one. */
  look(): void {
    this.looking ??= this.takeAllOn()
      .catch((error: unknown) => {
        this.logger.warn({ ...briefError(error), msg: 'could not look after upgrade experiments; trying again' });
      })
      .finally(() => {
        this.looking = undefined;
      });
  }

  private async takeAllOn(): Promise<void> {
    for (const experiment of await this.registry.upgradeExperiments.listOpen()) await this.takeOn(experiment);
  }

  private async takeOn({ id, state: before }: UpgradeExperiment): Promise<void> {
    const { experiment, queuedRun } = await this.registry.upgradeExperiments.advance(id);
    const { state, finishedAt } = experiment;
    if (state !== before) this.logger.log({ experimentId: id, stage: state, msg: `the experiment is ${state}` });
    if (queuedRun !== null) await this.enqueueRun.enqueue(queuedRun);
    else if (finishedAt === null && !state.startsWith('training_')) this.worker.offer(experiment);
  }
}
