import { architectureOf, countParameters } from '../model/architecture.js';
import type { Hyperparameters } from '../model/presets.js';
import { operationsPerToken } from '../training/estimate-speed.js';
import { countSteps } from '../training/fit.js';
import { dataRatio, tokensMissing } from './data-ratio.js';

/** The text of a run, as far as a plan needs it. */
export interface PlannedText {
  /** V */
  readonly vocabularySize: number;
  /** Tokens of the training part. */
  readonly trainingTokens: number;
}

/** A run whose speed is known. */
export interface MeasuredRun {
  readonly hyperparameters: Hyperparameters;
  /** V */
  readonly vocabularySize: number;
  readonly tokensPerSecond: number;
}

/** What a run will be, before it is one. */
export interface TrainingPlan {
  readonly parameters: number;
  /** Training sequences for each parameter. */
  readonly ratio: number;
  /** Training tokens that are missing to 5 for each parameter; 0 when there are enough. */
  readonly tokensMissing: number;
  /** 0: the text does not fill one batch. */
  readonly steps: number;
  /** Tokens trained on, all epochs together. */
  readonly trainedTokens: number;
  /** Of training alone, without early stopping; null where no speed is known. */
  readonly seconds: number | null;
}

/**
 * Sizes a run. Its time is that of a measured one, by the operations of the matrix products for each token.
 *
 * @example
 * planTraining(resolveHyperparameters('medium'), text, null).ratio; // 3.0
 */
export function planTraining(
  hyperparameters: Hyperparameters,
  { vocabularySize, trainingTokens }: PlannedText,
  measured: MeasuredRun | null,
): TrainingPlan {
  const architecture = architectureOf(hyperparameters, vocabularySize);
  const parameters = countParameters(architecture);
  const tokensPerStep = hyperparameters.batchSize * hyperparameters.sequenceLength;
  const stepsPerEpoch = Math.floor((trainingTokens - 1) / tokensPerStep);
  const steps = stepsPerEpoch < 1 ? 0 : countSteps(hyperparameters, stepsPerEpoch);
  return {
    parameters,
    ratio: dataRatio(trainingTokens, parameters),
    tokensMissing: tokensMissing(trainingTokens, parameters),
    steps,
    trainedTokens: steps * tokensPerStep,
    seconds: measured === null ? null : (steps * tokensPerStep) / speedOf(operationsPerToken(architecture), measured),
  };
}

function speedOf(operations: number, measured: MeasuredRun): number {
  const architecture = architectureOf(measured.hyperparameters, measured.vocabularySize);
  return (measured.tokensPerSecond * operationsPerToken(architecture)) / operations;
}
