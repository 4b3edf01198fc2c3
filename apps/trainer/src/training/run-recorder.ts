import { Logger } from '@nestjs/common';
import { isCodedError } from '#errors';
import type { TrainingEvent } from '#language-model';
import type { Registry } from '#registry';
import { briefError } from './brief-error.js';
import { NO_PROGRESS, fractionDone, toStored, type RunProgress } from './run-progress.js';

/** How often the newest progress is written to the row. */
const ROW_EVERY_MS = 1_000;

/** How often progress becomes an event and a log line. */
const REPORT_EVERY_MS = 10_000;

/** Writes what a training process tells into the run's row, its events and the log: in order, and no more often than anybody reads it. */
export class RunRecorder {
  progress: RunProgress = NO_PROGRESS;
  private readonly logger = new Logger('TrainingRun');
  private writes: Promise<void> = Promise.resolve();
  private rowTimer: NodeJS.Timeout | undefined;
  private rowWrittenAtMs = 0;
  private reportedAtMs = 0;

  /** @param onLost called when a write shows that the run belongs to another worker now. */
  constructor(
    private readonly registry: Registry,
    private readonly run: { readonly id: string; readonly fence: number },
    private readonly onLost: () => void,
  ) {}

  take(event: TrainingEvent): void {
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
        this.report();
        return;
      }
      case 'evaluation': {
        const { type: _, ...evaluation } = event;
        this.progress = { ...this.progress, evaluation, atMs: Date.now() };
        this.scheduleRow();
        this.evaluated(event);
        return;
      }
    }
  }

  /** Writes the newest progress once more, so that a run that ends does not stand where the database went away. @throws what the registry throws */
  async writeLast(): Promise<void> {
    await this.drain();
    const { progress } = this;
    if (progress === NO_PROGRESS) return;
    await this.registry.recordProgress(this.run.id, this.run.fence, toStored(progress), progress.trainedTokens);
  }

  /** Writes what is still held back; resolves when everything is written or has failed. */
  async drain(): Promise<void> {
    if (this.rowTimer !== undefined) this.writeRow();
    await this.writes;
  }

  private message(text: string): void {
    this.logger.log({ trainingRunId: this.run.id, msg: text });
    this.write(() => this.registry.addRunEvent(this.run.id, { message: text }));
  }

  private evaluated({
    step,
    epoch,
    train,
    validation,
    gapPoints,
    sample,
  }: Extract<TrainingEvent, { type: 'evaluation' }>): void {
    const text = `Step ${step}: validation loss=${validation.lossNats.toFixed(3)}, perplexity=${validation.perplexity.toFixed(1)}, accuracy=${(validation.top1 * 100).toFixed(1)}%, gap=${gapPoints.toFixed(1)} points`;
    this.logger.log({ trainingRunId: this.run.id, step, lossNats: validation.lossNats, gapPoints, msg: text });
    const data = {
      step,
      epoch,
      train_loss: train.lossNats,
      train_mean_token_accuracy: train.top1,
      valid_loss: validation.lossNats,
      valid_mean_token_accuracy: validation.top1,
      valid_perplexity: validation.perplexity,
      gap_points: gapPoints,
      sample,
    };
    this.write(() => this.registry.addRunEvent(this.run.id, { type: 'metrics', message: text, data }));
  }

  private report(): void {
    if (Date.now() - this.reportedAtMs < REPORT_EVERY_MS) return;
    this.reportedAtMs = Date.now();
    const { step, totalSteps, epoch, lossNats, tokensPerSecond, secondsLeft, learningRate, gradientNorm } =
      this.progress;
    const text = `Step ${step}/${totalSteps}: training loss=${lossNats.toFixed(3)}, ${Math.round(tokensPerSecond)} tokens/s, ${Math.ceil(secondsLeft)} s left`;
    this.logger.log({
      trainingRunId: this.run.id,
      step,
      totalSteps,
      lossNats,
      tokensPerSecond,
      secondsLeft,
      fraction: fractionDone(this.progress),
      msg: text,
    });
    const data = {
      step,
      epoch,
      train_loss: lossNats,
      learning_rate: learningRate,
      gradient_norm: gradientNorm,
      tokens_per_second: tokensPerSecond,
    };
    this.write(() => this.registry.addRunEvent(this.run.id, { type: 'metrics', message: text, data }));
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
