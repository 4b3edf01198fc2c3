import type { TrainingEvent } from '#language-model';
import type { JsonObject } from '#registry';

/** What a run's row tells about how far it is: the newest progress, the newest evaluation and the best one. */
export interface RunProgress {
  /** What computes it, and on what. */
  readonly engine: string;
  readonly device: string;
  readonly phase: string;
  /** When this was written, in milliseconds since 1970. */
  readonly atMs: number;
  readonly step: number;
  readonly totalSteps: number;
  readonly epoch: number;
  readonly epochs: number;
  readonly trainedTokens: number;
  readonly totalTokens: number;
  readonly tokensPerSecond: number;
  readonly secondsLeft: number;
  readonly lossNats: number;
  readonly learningRate: number;
  readonly gradientNorm: number;
  /** Norm of an update over the norm of the weights. */
  readonly updateRatio: number;
  /** Where the time of a step goes. */
  readonly stepMs: Extract<TrainingEvent, { type: 'progress' }>['stepMs'];
  readonly evaluation: Evaluation | null;
  readonly best: BestEvaluation | null;
}

/** The newest measurement on training and held-out text. */
export type Evaluation = Omit<Extract<TrainingEvent, { type: 'evaluation' }>, 'type'>;

/** The measurement with the lowest validation loss so far, whose weights are registered. */
export type BestEvaluation = Pick<Evaluation, 'step' | 'epoch' | 'validation' | 'gapPoints'>;

/** Before the first step. */
export const NO_PROGRESS: RunProgress = {
  engine: '',
  device: '',
  phase: 'reading',
  atMs: 0,
  step: 0,
  totalSteps: 0,
  epoch: 0,
  epochs: 0,
  trainedTokens: 0,
  totalTokens: 0,
  tokensPerSecond: 0,
  secondsLeft: 0,
  lossNats: 0,
  learningRate: 0,
  gradientNorm: 0,
  updateRatio: 0,
  stepMs: { read: 0, compute: 0, optimizer: 0 },
  evaluation: null,
  best: null,
};

/** The better of the two; the earlier one where they are equally good, as training keeps it. */
export function betterOf(best: BestEvaluation | null, evaluation: Evaluation): BestEvaluation {
  const { step, epoch, validation, gapPoints } = evaluation;
  if (best !== null && best.validation.lossNats <= validation.lossNats) return best;
  return { step, epoch, validation, gapPoints };
}

/** Progress as it is kept in the row. */
export function toStored(progress: RunProgress): JsonObject {
  return { ...progress };
}

/** Progress out of a row; fields that an older version of this code did not write are those of {@link NO_PROGRESS}. */
export function fromStored(stored: JsonObject | null): RunProgress | null {
  return stored === null ? null : { ...NO_PROGRESS, ...stored };
}

/** Part that is done, from 0 to 1. */
export function fractionDone(progress: RunProgress): number {
  return progress.totalSteps === 0 ? 0 : Math.min(1, progress.step / progress.totalSteps);
}
