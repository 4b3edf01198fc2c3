import { Inject, Injectable, Logger } from '@nestjs/common';
import { FolderArtifactStore } from '#artifacts';
import { CodedError, isCodedError } from '#errors';
import { Registry, type TrainingRun } from '#registry';
import { corpusFormat } from '../files/corpus-format.js';
import { ResultFiles } from '../measurements/result-files.js';
import { TRAINER_OPTIONS, type TrainerOptions } from '../trainer-options.js';
import { briefError } from './brief-error.js';
import { CheckpointRecorder } from './checkpoint-recorder.js';
import type { ChildOrder, CorpusFile } from './child-messages.js';
import { RunAttempt } from './run-attempt.js';
import { RunRecorder } from './run-recorder.js';
import { TrainingMetrics } from './training-metrics.js';
import { WorkFolders } from './work-folders.js';

/** Takes runs from the registry and carries them out, one after the other; knows the one that is running. */
@Injectable()
export class RunSupervisor {
  private readonly logger = new Logger('TrainingRun');
  private readonly running = new Map<string, RunAttempt>();
  private stopping = false;

  constructor(
    private readonly registry: Registry,
    private readonly store: FolderArtifactStore,
    private readonly metrics: TrainingMetrics,
    private readonly folders: WorkFolders,
    private readonly resultFiles: ResultFiles,
    @Inject(TRAINER_OPTIONS) private readonly options: TrainerOptions,
  ) {}

  /** Carries the run out, from taking it to its last state; does nothing when it is not queued any more. */
  async supervise(trainingRunId: string): Promise<void> {
    if (this.stopping) return;
    const run = await this.take(trainingRunId);
    if (run === null) return;
    const { config } = this.options;
    const { tensorBoardDir } = config;
    const onLost = (): void => {
      attempt.stop('lost');
    };
    const checkpoints = new CheckpointRecorder(this.registry, this.store, run, config, onLost);
    const keep = { tensorBoardDir, resultFiles: this.resultFiles, checkpoints };
    const recorder = new RunRecorder(this.registry, run, keep, onLost);
    const attempt = new RunAttempt(this.registry, this.store, recorder, run, this.options.config);
    this.running.set(run.id, attempt);
    const endMeasuring = this.metrics.measure(run, recorder);
    if (this.stopRequested()) attempt.stop('shutdown');
    try {
      const order = await this.orderFor(run, await this.folders.create(run));
      endMeasuring(await attempt.carryOut(this.options.childScript, order));
    } catch (error) {
      endMeasuring('failed');
      await this.failBeforeStart(run, error);
    } finally {
      this.running.delete(run.id);
      await this.folders.remove(run);
    }
  }

  /** Tells the attempt at this run, if it is carried out here, that it is to be cancelled. */
  cancel(trainingRunId: string): void {
    this.running.get(trainingRunId)?.stop('cancelled');
  }

  /** Stops what is running and takes nothing more; the caller waits for `supervise` to end. */
  stopAll(): void {
    this.stopping = true;
    for (const attempt of this.running.values()) attempt.stop('shutdown');
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

  private async orderFor(run: TrainingRun, workFolder: string): Promise<ChildOrder> {
    const { config } = this.options;
    const { corpusId, validationCorpusId, baseModelId } = run;
    return {
      corpus: await this.corpusFile(corpusId),
      validationCorpus: validationCorpusId === null ? null : await this.corpusFile(validationCorpusId),
      baseBundleSha256: baseModelId === null ? null : (await this.registry.resolveModel(baseModelId)).bundleSha256,
      artifactDir: config.artifactDir,
      workFolder,
      preset: run.preset,
      hyperparameters: run.hyperparameters,
      seed: run.seed,
      threads: config.trainingThreads,
      // Half of the time after which somebody else may take the run: two children never work on one run.
      leaseMs: Math.floor(config.runLostAfterMs / 2),
    };
  }

  private async corpusFile(id: string): Promise<CorpusFile> {
    const { filename, sha256 } = await this.registry.getCorpus(id);
    return { filename, format: corpusFormat(filename), sha256 };
  }

  private async failBeforeStart(run: TrainingRun, error: unknown): Promise<void> {
    this.logger.error({ trainingRunId: run.id, ...briefError(error), msg: 'could not start training' });
    const coded = isCodedError(error)
      ? error
      : new CodedError('server_error', 'Training could not be started; the log of the trainer has the cause.');
    try {
      await this.registry.failRun(run.id, run.fence, { code: coded.code, message: coded.message, param: coded.param });
    } catch (failure) {
      this.logger.warn({
        trainingRunId: run.id,
        ...briefError(failure),
        msg: 'could not fail the run; it will be queued again',
      });
    }
  }
}
