import { rm } from 'node:fs/promises';
import { Logger } from '@nestjs/common';
import type { ArtifactStore } from '#artifacts';
import { isCodedError } from '#errors';
import { resolveHyperparameters, type TrainingEvent } from '#language-model';
import type { Registry, TrainingRun } from '#registry';
import { briefError } from './brief-error.js';
import { whileDatabaseReturns } from './while-database-returns.js';

type TrainingCheckpoint = Extract<TrainingEvent, { type: 'checkpoint' }>;

/** How checkpoints are kept. */
export interface CheckpointRules {
  /** Besides the best and the last, every so many-th is kept; 0 = no other. */
  readonly checkpointKeepEvery: number;
  /** How long a write is tried again while the database is away. */
  readonly runLostAfterMs: number;
}

/**
 * Stores the checkpoints of a run one after the other, registers them under the fence of the run, and removes the folders
 * that they came in. A checkpoint that cannot be kept is told and costs the run nothing.
 */
export class CheckpointRecorder {
  private readonly logger = new Logger('TrainingRun');
  private work: Promise<void> = Promise.resolve();

  /** @param onLost called when a write shows that the run belongs to another worker now. */
  constructor(
    private readonly registry: Registry,
    private readonly store: ArtifactStore,
    private readonly run: TrainingRun,
    private readonly rules: CheckpointRules,
    private readonly onLost: () => void,
  ) {}

  take(checkpoint: TrainingCheckpoint): void {
    this.work = this.work.then(() => this.keep(checkpoint));
  }

  /** Resolves when every checkpoint that was taken is registered or has failed. */
  async drain(): Promise<void> {
    await this.work;
  }

  private async keep(checkpoint: TrainingCheckpoint): Promise<void> {
    try {
      await whileDatabaseReturns(() => this.register(checkpoint), this.rules.runLostAfterMs);
    } catch (error) {
      if (isCodedError(error, 'conflict')) this.onLost();
      else await this.tellLoss(checkpoint.step, error);
    } finally {
      await rm(checkpoint.bundleFolder, { recursive: true, force: true });
    }
  }

  private async register({ step, epoch, trainedTokens, bundleFolder, evaluation }: TrainingCheckpoint): Promise<void> {
    const { id, fence, preset } = this.run;
    const { bundleSha256 } = await this.store.putBundle(bundleFolder);
    const { type: _, ...metrics } = evaluation;
    const { modelId } = await this.registry.checkpoints.record(
      id,
      fence,
      {
        step,
        epoch,
        trainedTokens,
        bundleSha256,
        hyperparameters: { ...resolveHyperparameters(preset, this.run.hyperparameters) },
        validationLossNats: evaluation.validation.lossNats,
        metrics: { ...metrics },
      },
      { keepEvery: this.rules.checkpointKeepEvery },
    );
    this.logger.log({ trainingRunId: id, step, checkpoint: modelId, msg: 'kept a checkpoint' });
  }

  private async tellLoss(step: number, error: unknown): Promise<void> {
    this.logger.warn({ trainingRunId: this.run.id, step, ...briefError(error), msg: 'could not keep a checkpoint' });
    const reason = isCodedError(error) ? error.message : 'the log of the trainer has the cause.';
    const message = `The checkpoint of step ${step} could not be kept: ${reason}`;
    await this.registry
      .addRunEvent(
        this.run.id,
        { level: 'warn', message, data: { step, code: isCodedError(error) ? error.code : null } },
        this.run.fence,
      )
      .catch((failure: unknown) => {
        this.logger.warn({
          trainingRunId: this.run.id,
          ...briefError(failure),
          msg: 'could not record what the run tells',
        });
      });
  }
}
