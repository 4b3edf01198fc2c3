import { CodedError } from '#errors';

/** Steps whose mean loss is looked at: a few bad batches are no divergence, nor are the first large steps of a new model. */
const STEPS = 100;
/** How much worse than guessing blindly the loss may be, nats: a model that is e times as surprised has come apart. */
const MARGIN_NATS = 1;

/** What a watch has to know of a run. */
export interface DivergenceWatchOptions {
  readonly vocabularySize: number;
  /** Steps before the learning rate has risen to its peak, which are not judged. */
  readonly warmupSteps: number;
}

/**
 * Ends a run whose loss stays finite and yet says that what was learned is worse than nothing: far worse, over a hundred
 * steps after the warm-up, than giving each token of the vocabulary the same chance. A model starts with that guess, so a
 * run that learns anything, however slowly, is never there. A run that is shorter is not judged.
 */
export class DivergenceWatch {
  private readonly limitNats: number;
  private sum = 0;
  private count = 0;

  constructor(private readonly options: DivergenceWatchOptions) {
    this.limitNats = Math.log(options.vocabularySize) + MARGIN_NATS;
  }

  /** Notes the loss of a step, counted from 1. @throws training_diverged */
  add(step: number, lossNats: number, learningRate: number): void {
    const position = step - this.options.warmupSteps;
    if (position <= 0) return;
    this.sum += lossNats;
    this.count++;
    if (position % STEPS !== 0) return;
    const mean = this.sum / this.count;
    const isWhole = this.count === STEPS;
    this.sum = 0;
    this.count = 0;
    // After a resume the first stretch lacks its beginning.
    if (!isWhole || mean <= this.limitNats) return;
    throw new CodedError(
      'training_diverged',
      `The training loss of the ${STEPS} steps up to step ${step} is ${mean.toFixed(2)} nats; the limit is ${this.limitNats.toFixed(2)}, ${MARGIN_NATS} nat above guessing blindly among ${this.options.vocabularySize} words. Lower learning_rate (it is ${learningRate.toPrecision(2)} at this step).`,
      { param: 'learning_rate' },
    );
  }
}
