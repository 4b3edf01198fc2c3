import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { ArtifactStore } from '#artifacts';
import { isCodedError, isErrorCode, type ErrorCode } from '#errors';
import type { TrainModelResult } from '#language-model';
import type { ModelVersion, Registry, TrainingRun } from '#registry';
import { briefError } from './brief-error.js';
import { LEASE_LOST_EXIT_CODE, type ChildOrder, type RunErrorReport } from './child-messages.js';
import { CODE_VERSION } from './code-version.js';
import { describeDeath } from './describe-death.js';
import type { RunRecorder } from './run-recorder.js';
import { TrainingChildProcess, type ChildOutcome } from './training-child-process.js';
import { whileDatabaseReturns } from './while-database-returns.js';

/**
 * Why a child was stopped before it was done: somebody cancelled or paused the run, this process ends, the device was taken
 * by somebody else, the run was given to somebody else, or it has had all the time that it may have.
 */
export type StopReason = 'cancelled' | 'paused' | 'shutdown' | 'device_lost' | 'lost' | 'out_of_time';

/** How long a model that could not be stored waits before the next try. */
const STORE_AGAIN_MS = 2_000;

const STORE_AWAY = 'artifact_store_unavailable' satisfies ErrorCode;

/** How an attempt ended; `lost` leaves the run to whoever has it now. */
export type AttemptEnd = 'succeeded' | 'failed' | 'cancelled' | 'paused' | 'requeued' | 'lost';

/** How long the parts of an attempt may take, in milliseconds. */
export interface AttemptTimes {
  readonly heartbeatIntervalMs: number;
  /** From asking a child to stop to SIGTERM. */
  readonly cancelGraceMs: number;
  /** From asking a child to save its state to SIGTERM. */
  readonly pauseGraceMs: number;
  /** How long the whole process may take to stop. */
  readonly shutdownGraceMs: number;
  /** How long the last write of a run is tried again while the database is away; the run counts as lost after that. */
  readonly runLostAfterMs: number;
  /** All attempts together; 0 sets no limit. */
  readonly maxRunSeconds: number;
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
  private ended = false;
  private stopped: Promise<void> = Promise.resolve();
  private heartbeat: NodeJS.Timeout | undefined;

  constructor(
    private readonly registry: Registry,
    private readonly store: ArtifactStore,
    private readonly recorder: RunRecorder,
    private readonly run: TrainingRun,
    private readonly times: AttemptTimes,
    /** When the run was last known to be ours, in milliseconds since 1970. */
    private ownedAtMs: number,
  ) {}

  /** Trains and settles the run. Resolves when no process and no timer of the attempt is left. */
  async carryOut(childScript: string, order: ChildOrder): Promise<AttemptEnd> {
    this.heartbeat = setInterval(() => void this.beat(), this.times.heartbeatIntervalMs);
    void this.beat();
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
      this.ended = true;
      clearInterval(this.heartbeat);
      await this.recorder.drain();
    }
  }

  /** Stops the child: `lost` kills it, otherwise step by step. A run that is lost stays lost; cancelling goes before the rest. */
  stop(reason: StopReason): void {
    const before = this.stopReason;
    if (before === 'lost' || before === reason) return;
    if (before !== undefined && reason !== 'lost' && reason !== 'cancelled') return;
    this.stopReason = reason;
    this.logger.log({ trainingRunId: this.run.id, reason, msg: 'stopping the training process' });
    this.stopChild();
  }

  private async train(childScript: string, order: ChildOrder): Promise<ChildOutcome> {
    this.child = TrainingChildProcess.start(childScript, order, this.ownedAtMs, {
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
    const { cancelGraceMs, pauseGraceMs, shutdownGraceMs } = this.times;
    switch (this.stopReason) {
      case undefined:
        return;
      case 'lost':
        this.stopped = child.kill();
        return;
      case 'cancelled':
      case 'out_of_time':
        this.stopped = child.stop('cancel', cancelGraceMs);
        return;
      case 'paused':
      case 'device_lost':
        this.stopped = child.stop('stop', pauseGraceMs);
        return;
      case 'shutdown':
        this.stopped = child.stop('stop', Math.min(pauseGraceMs, shutdownGraceMs / 2));
    }
  }

  /** Says that this worker is alive, and does what the row says that somebody wants. Also called as soon as that has changed. */
  async beat(): Promise<void> {
    const askedAtMs = Date.now();
    try {
      const { desiredState, runMs } = await this.registry.heartbeat(this.run.id, this.run.fence);
      this.ownedAtMs = Math.max(this.ownedAtMs, askedAtMs);
      this.child?.renewLease(askedAtMs);
      const { maxRunSeconds } = this.times;
      if (desiredState !== 'running') this.stop(desiredState);
      else if (maxRunSeconds > 0 && runMs >= maxRunSeconds * 1000) this.stop('out_of_time');
    } catch (error) {
      // A heartbeat may still be under way when the run is settled.
      if (this.ended) return;
      if (isCodedError(error, 'conflict')) this.stop('lost');
      else this.logger.warn({ trainingRunId: this.run.id, ...briefError(error), msg: 'heartbeat failed' });
    }
  }

  private async settle(outcome: ChildOutcome): Promise<AttemptEnd> {
    const { id, fence } = this.run;
    try {
      if (this.stopReason === 'lost') return this.leave('its child was stopped');
      await this.recorder.writeLast();
      if (this.stopReason === 'cancelled') {
        await this.recorder.keepResults();
        return endOf(await this.registry.cancelRun(id, fence));
      }
      if (outcome.kind === 'finished') return await this.complete(outcome.result);
      if (this.stopReason === 'out_of_time') return await this.fail(this.outOfTime());
      if (lostItsLease(outcome)) {
        this.logger.warn({
          trainingRunId: id,
          msg: 'the training process heard nothing for too long and ended itself',
        });
        return await this.release();
      }
      if (outcome.kind === 'stopped' || this.stopReason !== undefined) {
        if (outcome.kind === 'failed')
          this.logger.warn({ trainingRunId: id, ...outcome.error, msg: 'failed on stopping' });
        return await this.release();
      }
      if (outcome.kind === 'failed' && outcome.error.code === STORE_AWAY) {
        // No fault of the run: it waits on the queue until the store is back.
        this.logger.warn({ trainingRunId: id, reason: outcome.error.message, msg: 'queued again' });
        return await this.release();
      }
      if (outcome.kind === 'failed') return await this.fail(outcome.error);
      return await this.lose(describeDeath(outcome));
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
      const bundleSha256 = await this.storeBundle(result.bundleFolder);
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
      // Somebody wants the run to stop before the store is back: it goes on from its training state.
      if (isCodedError(error, STORE_AWAY)) return this.release();
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

  /** A trained model waits for its store as long as nobody stops the run: hours of work are not given up for minutes. */
  private async storeBundle(folder: string): Promise<string> {
    for (let tells = true; ; tells = false) {
      try {
        return (await this.store.putBundle(folder)).bundleSha256;
      } catch (error) {
        if (!isCodedError(error, STORE_AWAY) || this.stopReason !== undefined) throw error;
        if (tells) await this.tellWait(error.message);
        await sleep(STORE_AGAIN_MS);
      }
    }
  }

  private async tellWait(reason: string): Promise<void> {
    const { id, fence } = this.run;
    this.logger.warn({ trainingRunId: id, reason, msg: 'the trained model waits until it can be stored' });
    const message = `The model is trained and waits until it can be stored. ${reason}`;
    await this.registry.addRunEvent(id, { level: 'warn', message }, fence).catch((error: unknown) => {
      this.logger.warn({ trainingRunId: id, ...briefError(error), msg: 'could not record what the run tells' });
    });
  }

  private async release(): Promise<AttemptEnd> {
    return endOf(await this.registry.releaseRun(this.run.id, this.run.fence));
  }

  private outOfTime(): RunErrorReport {
    const message = `The job ran for longer than MAX_RUN_SECONDS, ${this.times.maxRunSeconds} s for all attempts together. Raise it, train on fewer tokens (max_train_tokens, n_epochs), or continue from the last checkpoint.`;
    return { code: 'run_time_exceeded', message, param: null };
  }

  /** The run goes on from its last training state, unless it was lost too often. */
  private async lose(death: RunErrorReport): Promise<AttemptEnd> {
    const { id, fence } = this.run;
    const run = await this.registry.loseRun(id, fence, { ...death, code: codeOf(death) });
    this.logger.warn({ trainingRunId: id, reason: death.message, state: run.state, msg: 'the training process died' });
    return endOf(run);
  }

  private async fail({ code, message, param }: RunErrorReport): Promise<AttemptEnd> {
    await this.recorder.keepResults();
    await this.registry.failRun(this.run.id, this.run.fence, { code: codeOf({ code }), message, param });
    this.logger.warn({ trainingRunId: this.run.id, code, reason: message, msg: 'the run failed' });
    return 'failed';
  }
}

function lostItsLease(outcome: ChildOutcome): boolean {
  return outcome.kind === 'died' && outcome.exitCode === LEASE_LOST_EXIT_CODE;
}

function codeOf({ code }: { readonly code: string }): ErrorCode {
  return isErrorCode(code) ? code : 'server_error';
}

/** What the state that a run was left in means for the attempt. */
function endOf({ state }: TrainingRun): AttemptEnd {
  switch (state) {
    case 'succeeded':
    case 'failed':
    case 'cancelled':
    case 'paused':
      return state;
    case 'validating_files':
    case 'queued':
    case 'running':
      return 'requeued';
  }
}
