import { Logger } from '@nestjs/common';
import { isCodedError } from '#errors';
import type { TrainingEvent } from '#language-model';
import type { JsonObject, Registry, TrainingRun } from '#registry';
import { EVALUATION_MEASURES, TRAINING_MEASURES, numbersOf } from '../measurements/measures.js';
import type { ResultFiles } from '../measurements/result-files.js';
import { TensorBoardLog } from '../measurements/tensorboard-log.js';
import { briefError } from './brief-error.js';
import type { CheckpointRecorder } from './checkpoint-recorder.js';
import type { EngineChoice } from './select-engine.js';
import type { RunTrace } from './run-trace.js';
import {
  NO_PROGRESS,
  betterOf,
  fractionDone,
  fromStored,
  toStored,
  type Evaluation,
  type RunProgress,
} from './run-progress.js';

/** How often the newest progress is written to the row. */
const ROW_EVERY_MS = 1_000;

/** How often progress becomes an event and a log line. */
const REPORT_EVERY_MS = 10_000;

/**
 * Writes what a training process tells into the run's row, its events, its curve for TensorBoard and the log: in order, and
 * no more often than anybody reads it.
 */
export class RunRecorder {
  progress: RunProgress;
  private readonly logger = new Logger('TrainingRun');
  private writes: Promise<void> = Promise.resolve();
  private rowTimer: NodeJS.Timeout | undefined;
  private rowWrittenAtMs = 0;
  private reportedAtMs = 0;
  private hasUnreported = false;
  private readonly tensorBoard: TensorBoardLog;

  /** @param onLost called when a write shows that the run belongs to another worker now. */
  constructor(
    private readonly registry: Registry,
    private readonly run: Pick<TrainingRun, 'id' | 'fence' | 'attempt' | 'progress'>,
    private readonly keep: {
      readonly tensorBoardDir: string;
      readonly resultFiles: ResultFiles;
      readonly checkpoints: CheckpointRecorder;
      readonly trace: RunTrace | null;
    },
    private readonly onLost: () => void,
  ) {
    // An attempt that goes on from an earlier one stands where that one was until it says otherwise.
    this.progress = fromStored(run.progress) ?? NO_PROGRESS;
    this.tensorBoard = new TensorBoardLog(keep.tensorBoardDir, run, (error) => {
      const msg = 'could not write the event file for TensorBoard; its numbers are in the events of the job';
      this.logger.warn({ trainingRunId: run.id, ...briefError(error), msg });
    });
  }

  computesWith({ engine, device }: Pick<EngineChoice, 'engine' | 'device'>): void {
    this.progress = { ...this.progress, engine, device };
  }

  take(event: TrainingEvent): void {
    this.keep.trace?.take(event);
    switch (event.type) {
      case 'log':
        this.message(event.message);
        return;
      case 'phase':
        this.progress = { ...this.progress, phase: event.phase, atMs: Date.now() };
        this.scheduleRow();
        this.message(event.message);
        return;
      case 'progress': {
        const { type: _, ...numbers } = event;
        this.progress = { ...this.progress, ...numbers, atMs: Date.now() };
        this.scheduleRow();
        this.hasUnreported = true;
        this.tensorBoard.progress(this.progress);
        if (Date.now() - this.reportedAtMs >= REPORT_EVERY_MS) this.report();
        return;
      }
      case 'evaluation': {
        const { type: _, ...evaluation } = event;
        const best = betterOf(this.progress.best, evaluation);
        this.progress = { ...this.progress, evaluation, best, atMs: Date.now() };
        this.scheduleRow();
        this.tensorBoard.evaluation(evaluation);
        // So that the curve of a short run has what both texts say at nearly the same step.
        if (this.hasUnreported) this.report();
        this.evaluated(evaluation);
        return;
      }
      case 'resumed':
        this.tensorBoard.resumed(event.step);
        this.message(`Going on from step ${event.step}.`);
        return;
      case 'checkpoint':
        this.keep.checkpoints.take(event);
        return;
      case 'state_saved':
        this.write(() => this.registry.recordSavedStep(this.run.id, this.run.fence, event.step));
        return;
    }
  }

  /** Writes the newest progress once more, so that a run that ends does not stand where the database went away. @throws what the registry throws */
  async writeLast(): Promise<void> {
    await this.drain();
    const { progress } = this;
    if (progress === NO_PROGRESS) return;
    await this.registry.recordProgress(this.run.id, this.run.fence, toStored(progress), progress.trainedTokens);
  }

  /** Makes the file of what the run measured: before the run ends, so that an ended run is never without it. @throws conflict */
  async keepResults(): Promise<void> {
    await this.drain();
    await this.keep.resultFiles.keep(this.run.id, this.run.fence);
  }

  /** Writes what is still held back; resolves when everything is written or has failed. */
  async drain(): Promise<void> {
    if (this.rowTimer !== undefined) this.writeRow();
    await this.writes;
    await this.tensorBoard.drain();
    await this.keep.checkpoints.drain();
  }

  private message(text: string): void {
    this.logger.log({ trainingRunId: this.run.id, msg: text });
    this.write(() => this.registry.addRunEvent(this.run.id, { message: text }, this.run.fence));
  }

  private evaluated(evaluation: Evaluation): void {
    const { step, epoch, validation, gapPoints, trainingSeconds, sample } = evaluation;
    const text = `Step ${step}: validation loss=${validation.lossNats.toFixed(3)}, perplexity=${validation.perplexity.toFixed(1)}, accuracy=${(validation.top1 * 100).toFixed(1)}%, gap=${gapPoints.toFixed(1)} points`;
    const numbers = numbersOf(EVALUATION_MEASURES, evaluation);
    this.metrics(text, { step, epoch, training_seconds: trainingSeconds, ...numbers, sample });
  }

  private report(): void {
    this.reportedAtMs = Date.now();
    this.hasUnreported = false;
    const { step, totalSteps, epoch, trainedTokens, lossNats, tokensPerSecond, secondsLeft } = this.progress;
    const text = `Step ${step}/${totalSteps}: training loss=${lossNats.toFixed(3)}, ${Math.round(tokensPerSecond)} tokens/s, ${Math.ceil(secondsLeft)} s left`;
    const numbers = numbersOf(TRAINING_MEASURES, this.progress);
    this.metrics(text, { step, epoch, trained_tokens: trainedTokens, ...numbers });
  }

  /** The same numbers as an event and as a line of the log, which needs no sample. */
  private metrics(text: string, data: JsonObject): void {
    const { sample: _, ...metrics } = data;
    const { id: trainingRunId } = this.run;
    const { totalSteps, secondsLeft } = this.progress;
    this.logger.log({
      trainingRunId,
      totalSteps,
      secondsLeft,
      fraction: fractionDone(this.progress),
      metrics,
      msg: text,
    });
    this.write(() => this.registry.addRunEvent(this.run.id, { type: 'metrics', message: text, data }, this.run.fence));
  }

  private scheduleRow(): void {
    if (this.rowTimer !== undefined) return;
    const waitMs = Math.max(0, this.rowWrittenAtMs + ROW_EVERY_MS - Date.now());
    this.rowTimer = setTimeout(() => {
      this.writeRow();
    }, waitMs);
  }

  private writeRow(): void {
    clearTimeout(this.rowTimer);
    this.rowTimer = undefined;
    this.rowWrittenAtMs = Date.now();
    const progress = this.progress;
    this.write(() =>
      this.registry.recordProgress(this.run.id, this.run.fence, toStored(progress), progress.trainedTokens),
    );
  }

  private write(step: () => Promise<unknown>): void {
    this.writes = this.writes.then(step).then(
      () => undefined,
      (error: unknown) => {
        if (isCodedError(error, 'conflict')) this.onLost();
        // Progress that could not be written is told again a second later; a lost event is not worth the run.
        else
          this.logger.warn({
            trainingRunId: this.run.id,
            ...briefError(error),
            msg: 'could not record what the run tells',
          });
      },
    );
  }
}
