import { CodedError } from '#errors';

/** Steps whose mean loss is looked at: a few bad batches are no divergence. */
const STEPS = 100;
/** Fewer say nothing: the first large steps of a healthy run may make it worse before it becomes better. */
const FEWEST_STEPS = 10;
/** How much worse than guessing the loss may be, nats: a model that is e times as surprised as by frequencies alone has come apart. */
const MARGIN_NATS = 1;

/** What a watch has to know of a run. */
export interface DivergenceWatchOptions {
  readonly text: Uint16Array;
  readonly vocabularySize: number;
  /** Steps before the learning rate has risen to its peak, which are not judged. */
  readonly warmupSteps: number;
  readonly totalSteps: number;
}

/**
 * Ends a run whose loss stays finite and yet says that nothing is being learned: far worse, over a hundred steps after the
 * warm-up, than guessing each token by how often it stands in the text. A model starts with that guess, so a run that
 * learns anything is never there.
 */
export class DivergenceWatch {
  private readonly limitNats: number;
  private readonly steps: number;
  private sum = 0;
  private count = 0;

  constructor(private readonly options: DivergenceWatchOptions) {
    const { text, vocabularySize, warmupSteps, totalSteps } = options;
    this.limitNats = entropyNats(text, vocabularySize) + MARGIN_NATS;
    // A shorter run is judged by halves.
    this.steps = Math.max(FEWEST_STEPS, Math.min(STEPS, Math.floor((totalSteps - warmupSteps) / 2)));
  }

  /** Notes the loss of a step, counted from 1. @throws training_diverged */
  add(step: number, lossNats: number, learningRate: number): void {
    const position = step - this.options.warmupSteps;
    if (position <= 0) return;
    this.sum += lossNats;
    this.count++;
    if (position % this.steps !== 0) return;
    const mean = this.sum / this.count;
    const isWhole = this.count === this.steps;
    this.sum = 0;
    this.count = 0;
    // After a resume the first stretch lacks its beginning.
    if (!isWhole || mean <= this.limitNats) return;
    throw new CodedError(
      'training_diverged',
      `The training loss of the ${this.steps} steps up to step ${step} is ${mean.toFixed(2)} nats; the limit is ${this.limitNats.toFixed(2)}, ${MARGIN_NATS} nat above guessing words by their frequency. Lower learning_rate (it is ${learningRate.toPrecision(2)} at this step).`,
      { param: 'learning_rate' },
    );
  }
}

/** Loss of guessing each token by its share of the text, nats. */
function entropyNats(text: Uint16Array, vocabularySize: number): number {
  const counts = new Float64Array(vocabularySize);
  for (const token of text) counts[token]!++;
  return counts.reduce(
    (sum, count) => (count === 0 ? sum : sum - (count / text.length) * Math.log(count / text.length)),
    0,
  );
}
