import { Logger } from '@nestjs/common';
import type { FolderArtifactStore } from '#artifacts';
import { isCodedError, isErrorCode } from '#errors';
import type { TrainModelResult } from '#language-model';
import type { ModelVersion, Registry, TrainingRun } from '#registry';
import { briefError } from './brief-error.js';
import { LEASE_LOST_EXIT_CODE, type ChildOrder, type RunErrorReport } from './child-messages.js';
import { CODE_VERSION } from './code-version.js';
import { describeDeath } from './describe-death.js';
import type { RunRecorder } from './run-recorder.js';
import { TrainingChildProcess, type ChildOutcome } from './training-child-process.js';
import { whileDatabaseReturns } from './while-database-returns.js';

/** Why a child was stopped before it was done. */
export type StopReason = 'cancelled' | 'shutdown' | 'lost';

/** How an attempt ended; `lost` leaves the run to whoever has it now. */
export type AttemptEnd = 'succeeded' | 'failed' | 'cancelled' | 'requeued' | 'lost';

/** How long the parts of an attempt may take, in milliseconds. */
export interface AttemptTimes {
  readonly heartbeatIntervalMs: number;
  /** From asking a child to stop to SIGTERM. */
  readonly cancelGraceMs: number;
  /** How long the whole process may take to stop. */
  readonly shutdownGraceMs: number;
  /** How long the last write of a run is tried again while the database is away; the run counts as lost after that. */
  readonly runLostAfterMs: number;
}

/**
 * One attempt at a run: one child process from its start to the last state of the run.
 *
 * The parent alone writes to the registry, each time with the fence that it was given when it took the run: a process
 * that lost the run can change nothing.
 */
export class RunAttempt {
  private readonly logger = new Logger('TrainingRun');
  private child: TrainingChildProcess | undefined;
  private stopReason: StopReason | undefined;
  private stopped: Promise<void> = Promise.resolve();
  private heartbeat: NodeJS.Timeout | undefined;

  constructor(
    private readonly registry: Registry,
    private readonly store: FolderArtifactStore,
    private readonly recorder: RunRecorder,
    private readonly run: TrainingRun,
    private readonly times: AttemptTimes,
  ) {}

  /** Trains and settles the run. Resolves when no process and no timer of the attempt is left. */
  async carryOut(childScript: string, order: ChildOrder): Promise<AttemptEnd> {
    this.heartbeat = setInterval(() => void this.beat(), this.times.heartbeatIntervalMs);
    try {
      const outcome = await this.train(childScript, order);
      await this.stopped;
      return await whileDatabaseReturns(() => this.settle(outcome), this.times.runLostAfterMs);
    } catch (error) {
      // Silence is what makes the sweeper give the run to somebody else.
      this.logger.error({
        trainingRunId: this.run.id,
        ...briefError(error),
        msg: 'could not settle the run; it will be queued again',
      });
      return 'lost';
    } finally {
      clearInterval(this.heartbeat);
      await this.recorder.drain();
    }
  }

  /** Stops the child; `lost` at once, otherwise step by step. The first reason counts, except that a lost run stays lost. */
  stop(reason: StopReason): void {
    if (this.stopReason === 'lost' || (this.stopReason !== undefined && reason !== 'lost')) return;
    this.stopReason = reason;
    this.logger.log({ trainingRunId: this.run.id, reason, msg: 'stopping the training process' });
    this.stopChild();
  }

  private async train(childScript: string, order: ChildOrder): Promise<ChildOutcome> {
    this.child = TrainingChildProcess.start(childScript, order, {
      onEvent: (event) => {
        this.recorder.take(event);
      },
      onOutput: (line) => {
        this.logger.warn({ trainingRunId: this.run.id, output: line, msg: 'output of the training process' });
      },
    });
    this.logger.log({
      trainingRunId: this.run.id,
      childPid: this.child.pid,
      attempt: this.run.attempt,
      msg: 'training process started',
    });
    if (this.stopReason !== undefined) this.stopChild();
    return this.child.outcome;
  }

  private stopChild(): void {
    const child = this.child;
    if (child === undefined) return;
    const { cancelGraceMs, shutdownGraceMs } = this.times;
    if (this.stopReason === 'lost') this.stopped = child.kill();
    else if (this.stopReason === 'cancelled') this.stopped = child.stop(cancelGraceMs);
    else this.stopped = child.stop(Math.min(cancelGraceMs, shutdownGraceMs / 3));
  }

  private async beat(): Promise<void> {
    try {
      const { desiredState } = await this.registry.heartbeat(this.run.id, this.run.fence);
      this.child?.renewLease();
      if (desiredState === 'cancelled') this.stop('cancelled');
    } catch (error) {
      if (isCodedError(error, 'conflict')) this.stop('lost');
      else this.logger.warn({ trainingRunId: this.run.id, ...briefError(error), msg: 'heartbeat failed' });
    }
  }

  private async settle(outcome: ChildOutcome): Promise<AttemptEnd> {
    const { id, fence } = this.run;
    try {
      if (this.stopReason === 'lost' || (outcome.kind === 'died' && outcome.exitCode === LEASE_LOST_EXIT_CODE)) {
        return this.leave('its child was stopped');
      }
      await this.recorder.writeLast();
      if (this.stopReason === 'cancelled') {
        await this.recorder.keepResults();
        await this.registry.cancelRun(id, fence);
        return 'cancelled';
      }
      if (outcome.kind === 'finished') return await this.complete(outcome.result);
      if (this.stopReason === 'shutdown') {
        await this.registry.releaseRun(id, fence);
        return 'requeued';
      }
      return await this.fail(outcome.kind === 'failed' ? outcome.error : describeDeath(outcome));
    } catch (error) {
      if (!isCodedError(error, 'conflict')) throw error;
      return this.leave(error.message);
    }
  }

  private leave(reason: string): AttemptEnd {
    const msg = 'the run belongs to another worker now, or will be queued again';
    this.logger.warn({ trainingRunId: this.run.id, reason, msg });
    return 'lost';
  }

  private async complete(result: TrainModelResult): Promise<AttemptEnd> {
    let version: ModelVersion;
    try {
      const { bundleSha256 } = await this.store.putBundle(result.bundleFolder);
      await this.recorder.keepResults();
      version = await this.registry.completeRun(this.run.id, this.run.fence, {
        bundleSha256,
        dataSha256: result.dataSha256,
        codeVersion: CODE_VERSION,
        hyperparameters: { ...result.hyperparameters },
        parameters: result.parameters,
        trainedTokens: result.trainedTokens,
        metrics: { ...result.metrics },
      });
    } catch (error) {
      if (isCodedError(error, 'conflict') || isCodedError(error, 'database_unavailable')) throw error;
      this.logger.error({
        trainingRunId: this.run.id,
        ...briefError(error),
        msg: 'could not register the model version',
      });
      const message = isCodedError(error)
        ? error.message
        : 'The trained model could not be stored; the log of the trainer has the cause.';
      return this.fail({ code: isCodedError(error) ? error.code : 'server_error', message, param: null });
    }
    this.logger.log({ trainingRunId: this.run.id, version: version.id, msg: 'the run succeeded' });
    return 'succeeded';
  }

  private async fail({ code, message, param }: RunErrorReport): Promise<AttemptEnd> {
    await this.recorder.keepResults();
    await this.registry.failRun(this.run.id, this.run.fence, {
      code: isErrorCode(code) ? code : 'server_error',
      message,
      param,
    });
    this.logger.warn({ trainingRunId: this.run.id, code, reason: message, msg: 'the run failed' });
    return 'failed';
  }
}
