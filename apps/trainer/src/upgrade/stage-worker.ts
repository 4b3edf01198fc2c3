import { Inject, Injectable, Logger } from '@nestjs/common';
import { isCodedError } from '#errors';
import type { ComparisonProgress } from '#language-model/upgrade';
import { Registry, type UpgradeExperiment } from '#registry';
import { TRAINER_OPTIONS, type TrainerOptions } from '../trainer-options.js';
import { briefError } from '../training/brief-error.js';
import { DeviceLeases, type HeldDevice } from '../training/device-leases.js';
import { whileDatabaseReturns } from '../training/while-database-returns.js';
import { carryOutStage, type StageOutcome } from './carry-out-stage.js';

/** Why a stage is left before it is done. */
type StopReason = 'shutdown' | 'lost';

/** Errors that pass. */
const BEGINS_ANEW = ['database_unavailable', 'artifact_store_unavailable', 'training_process_died'] as const;

/** Carries out stages of experiments that are no training, one at a time, under the lease of the device. */
@Injectable()
export class StageWorker {
  private readonly logger = new Logger('UpgradeExperiment');
  private readonly stopping = new AbortController();
  private working: Promise<void> | undefined;

  constructor(
    private readonly registry: Registry,
    private readonly devices: DeviceLeases,
    @Inject(TRAINER_OPTIONS) private readonly options: TrainerOptions,
  ) {}

  /** Begins the stage unless another one is under way here, or the device or the stage is somebody else's. */
  offer(experiment: UpgradeExperiment): void {
    if (this.stopping.signal.aborted) return;
    this.working ??= this.work(experiment)
      .catch((error: unknown) => {
        this.logger.warn({
          experimentId: experiment.id,
          ...briefError(error),
          msg: 'could not carry out the stage; trying again',
        });
      })
      .finally(() => {
        this.working = undefined;
      });
  }

  /** Gives the stage under way back, for the next process. */
  async stop(): Promise<void> {
    this.stopping.abort('shutdown' satisfies StopReason);
    await this.working;
  }

  private async work({ id, state }: UpgradeExperiment): Promise<void> {
    const device = await this.devices.take(id);
    if (device === null) return;
    try {
      const experiment = await this.registry.upgradeExperiments.claimStage(
        id,
        state,
        this.options.config.runLostAfterMs,
      );
      if (experiment !== null) await this.carryOut(experiment, device);
    } finally {
      await device.release();
    }
  }

  private async carryOut(experiment: UpgradeExperiment, device: HeldDevice): Promise<void> {
    const { id, fence } = experiment;
    const { config } = this.options;
    const lost = new AbortController();
    const signal = AbortSignal.any([this.stopping.signal, device.lost, lost.signal]);
    let progress: ComparisonProgress | null = null;
    const renewal = setInterval(() => {
      void this.renew(experiment, progress, lost);
    }, config.heartbeatIntervalMs);
    this.logger.log({ experimentId: id, stage: experiment.state, attempt: experiment.attempt, msg: 'stage begun' });
    try {
      const outcome = await carryOutStage(
        { registry: this.registry, config },
        experiment,
        (news) => {
          if (news.phase !== progress?.phase) this.tell(id, news);
          progress = news;
        },
        signal,
      );
      await this.write(experiment, () => this.settle(experiment, outcome));
    } catch (error) {
      if (lost.signal.aborted) return;
      if (signal.aborted) {
        await this.write(experiment, () => this.registry.upgradeExperiments.releaseStage(id, fence));
        return;
      }
      await this.fail(experiment, error);
    } finally {
      clearInterval(renewal);
    }
  }

  private async settle(experiment: UpgradeExperiment, outcome: StageOutcome): Promise<void> {
    const { state, verdict } = await this.registry.upgradeExperiments.settleStage(
      experiment.id,
      experiment.fence,
      outcome,
    );
    this.logger.log({ experimentId: experiment.id, stage: state, verdict, msg: outcome.message });
  }

  private async fail(experiment: UpgradeExperiment, error: unknown): Promise<void> {
    this.logger.error({ experimentId: experiment.id, ...briefError(error), msg: 'the stage failed' });
    const { code, message, param } = isCodedError(error)
      ? error
      : { code: 'server_error' as const, message: 'The log of the trainer has the cause.', param: null };
    // What is away for a moment, or a process that was killed, is no reason to give up.
    const { upgradeExperiments } = this.registry;
    const { id, fence } = experiment;
    if (BEGINS_ANEW.some((passing) => passing === code)) {
      this.tellMessage(id, `${message} The stage begins anew.`);
      return;
    }
    await this.write(experiment, () =>
      upgradeExperiments.failStage(id, fence, { code, message, param }).then(() => undefined),
    );
  }

  /** The last write of a stage is tried while the database is away; what comes too late is left alone. */
  private async write({ id }: UpgradeExperiment, step: () => Promise<void>): Promise<void> {
    try {
      await whileDatabaseReturns(step, this.options.config.runLostAfterMs);
    } catch (error) {
      if (!isCodedError(error, 'conflict')) throw error;
      this.logger.log({ experimentId: id, msg: error.message });
    }
  }

  private async renew(
    { id, fence }: UpgradeExperiment,
    progress: ComparisonProgress | null,
    lost: AbortController,
  ): Promise<void> {
    try {
      const { runLostAfterMs } = this.options.config;
      await this.registry.upgradeExperiments.renewStage(id, fence, runLostAfterMs, progress && { ...progress });
    } catch (error) {
      if (isCodedError(error, 'conflict')) lost.abort('lost' satisfies StopReason);
      else this.logger.warn({ experimentId: id, ...briefError(error), msg: 'could not renew the stage' });
    }
  }

  private tell(id: string, { message }: ComparisonProgress): void {
    this.logger.log({ experimentId: id, msg: message });
    this.tellMessage(id, message);
  }

  private tellMessage(id: string, message: string): void {
    this.registry.upgradeExperiments.addEvent(id, { message }).catch((error: unknown) => {
      this.logger.warn({ experimentId: id, ...briefError(error), msg: 'could not record what the stage tells' });
    });
  }
}
