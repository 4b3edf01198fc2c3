import { Inject, Injectable, Logger } from '@nestjs/common';
import { ArtifactStore, artifactSettings } from '#artifacts';
import { CodedError, isCodedError } from '#errors';
import { TRACING, type Tracing } from '#observability';
import { Registry, type TrainingRun } from '#registry';
import { corpusFormat } from '../files/corpus-format.js';
import { archiveLimits } from '../files/unpack-budget.js';
import { ResultFiles } from '../measurements/result-files.js';
import { TRAINER_OPTIONS, type TrainerOptions } from '../trainer-options.js';
import { briefError } from './brief-error.js';
import { CheckpointRecorder } from './checkpoint-recorder.js';
import type { ChildOrder, CorpusFile } from './child-messages.js';
import { ChosenEngine } from './chosen-engine.js';
import { DeviceLeases, type HeldDevice } from './device-leases.js';
import { RunAttempt, type AttemptEnd } from './run-attempt.js';
import { RunRecorder } from './run-recorder.js';
import { RunTrace } from './run-trace.js';
import type { EngineChoice } from './select-engine.js';
import { TrainingMetrics } from './training-metrics.js';
import { whileDatabaseReturns } from './while-database-returns.js';
import { WorkFolders, type AttemptFolders } from './work-folders.js';

/** Takes runs from the registry and carries them out, one after the other; knows the one that is running. */
@Injectable()
export class RunSupervisor {
  private readonly logger = new Logger('TrainingRun');
  private readonly running = new Map<string, RunAttempt>();
  private stopping = false;

  constructor(
    private readonly registry: Registry,
    private readonly store: ArtifactStore,
    private readonly metrics: TrainingMetrics,
    private readonly folders: WorkFolders,
    private readonly resultFiles: ResultFiles,
    private readonly engine: ChosenEngine,
    private readonly devices: DeviceLeases,
    @Inject(TRAINER_OPTIONS) private readonly options: TrainerOptions,
    @Inject(TRACING) private readonly tracing: Tracing | null,
  ) {}

  /** Carries the run out, from taking it to its last state; does nothing when it is not queued any more. */
  async supervise(trainingRunId: string): Promise<void> {
    if (this.stopping) return;
    const engine = await this.engine.choose().catch(async (error: unknown) => {
      const run = await this.take(trainingRunId);
      if (run !== null) await this.endBeforeStart(run, error);
      return null;
    });
    if (engine === null) return;
    const device = await this.devices.take(trainingRunId, engine.device);
    if (device === null) {
      this.logger.debug({ trainingRunId, msg: 'the device is busy; the run waits for its turn' });
      return;
    }
    try {
      const askedAtMs = Date.now();
      const run = await this.take(trainingRunId);
      if (run !== null) await this.carryOut(run, engine, device, askedAtMs);
    } finally {
      await device.release();
    }
  }

  /** Tells the attempt at this run, if it is carried out here, that something else is wanted than before. */
  askAgain(trainingRunId: string): void {
    void this.running.get(trainingRunId)?.beat();
  }

  /** Stops what is running and takes nothing more; the caller waits for `supervise` to end. */
  stopAll(): void {
    this.stopping = true;
    for (const attempt of this.running.values()) attempt.stop('shutdown');
  }

  private async carryOut(run: TrainingRun, engine: EngineChoice, device: HeldDevice, ownedAtMs: number): Promise<void> {
    const { config } = this.options;
    const { tensorBoardDir } = config;
    const onLost = (): void => {
      attempt.stop('lost');
    };
    const checkpoints = new CheckpointRecorder(this.registry, this.store, run, config, onLost);
    const trace = this.tracing && new RunTrace(this.tracing, run);
    const keep = { tensorBoardDir, resultFiles: this.resultFiles, checkpoints, trace };
    const recorder = new RunRecorder(this.registry, run, keep, onLost);
    const attempt = new RunAttempt(this.registry, this.store, recorder, run, config, ownedAtMs);
    this.running.set(run.id, attempt);
    const endMeasuring = this.metrics.measure(run, recorder);
    if (this.stopRequested()) attempt.stop('shutdown');
    device.lost.addEventListener('abort', () => {
      attempt.stop('device_lost');
    });
    let end: AttemptEnd = 'lost';
    try {
      recorder.computesWith(engine);
      const order = await this.orderFor(run, engine, await this.folders.create(run));
      end = await attempt.carryOut(this.options.childScript, order);
    } catch (error) {
      end = await this.endBeforeStart(run, error);
    } finally {
      if (end === 'requeued' || end === 'failed') this.engine.doubt(engine);
      endMeasuring(end);
      trace?.end(end);
      this.running.delete(run.id);
      await this.folders.leave(run, end);
    }
  }

  /** `stopping` may have been set while a run was taken. */
  private stopRequested(): boolean {
    return this.stopping;
  }

  private async take(trainingRunId: string): Promise<TrainingRun | null> {
    try {
      const { run } = await this.registry.startRun(trainingRunId);
      return run;
    } catch (error) {
      if (!isCodedError(error, 'conflict') && !isCodedError(error, 'job_not_found')) throw error;
      this.logger.log({ trainingRunId, msg: `nothing to do: ${error.message}` });
      return null;
    }
  }

  private async orderFor(run: TrainingRun, engine: EngineChoice, folders: AttemptFolders): Promise<ChildOrder> {
    const { config } = this.options;
    const { corpusId, validationCorpusId, baseModelId } = run;
    return {
      corpus: await this.corpusFile(corpusId),
      validationCorpus: validationCorpusId === null ? null : await this.corpusFile(validationCorpusId),
      baseBundleSha256: baseModelId === null ? null : (await this.registry.resolveModel(baseModelId)).bundleSha256,
      engine,
      artifacts: artifactSettings(config),
      ...folders,
      saveIntervalSeconds: config.checkpointIntervalSeconds,
      preset: run.preset,
      hyperparameters: run.hyperparameters,
      seed: run.seed,
      threads: config.trainingThreads,
      precisionTolerance: {
        perplexityPercent: config.int8MaxPerplexityPercent,
        top1Points: config.int8MaxTop1Points,
      },
      // A third of the time after which somebody else may take the run: two children never work on one run.
      leaseMs: Math.floor(config.runLostAfterMs / 3),
    };
  }

  private async corpusFile(id: string): Promise<CorpusFile> {
    const { filename, sha256 } = await this.registry.getCorpus(id);
    return { filename, format: corpusFormat(filename), sha256, limits: archiveLimits(this.options.config) };
  }

  /** A database that is away for a moment is no reason to fail; anything else is. */
  private async endBeforeStart(run: TrainingRun, error: unknown): Promise<AttemptEnd> {
    this.logger.error({ trainingRunId: run.id, ...briefError(error), msg: 'could not start training' });
    const { id, fence } = run;
    try {
      return await whileDatabaseReturns(async () => {
        if (isCodedError(error, 'database_unavailable')) {
          await this.registry.releaseRun(id, fence);
          return 'requeued';
        }
        const { code, message, param } = isCodedError(error)
          ? error
          : new CodedError('server_error', 'Training could not be started; the log of the trainer has the cause.');
        await this.registry.failRun(id, fence, { code, message, param });
        return 'failed';
      }, this.options.config.runLostAfterMs);
    } catch (failure) {
      this.logger.warn({
        trainingRunId: id,
        ...briefError(failure),
        msg: 'could not end the run; it will be queued again',
      });
      return 'lost';
    }
  }
}
