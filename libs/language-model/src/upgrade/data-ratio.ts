import { architectureOf, countParameters } from '../model/architecture.js';
import type { Hyperparameters } from '../model/presets.js';

/** Training sequences for each parameter below which the upgrade document warns; 5 to 10 is its target. */
export const TARGET_RATIO = 5;

/** Training sequences for each parameter: one sequence ends at each training token. */
export function dataRatio(trainingTokens: number, parameters: number): number {
  return trainingTokens / parameters;
}

/** Training tokens that are missing until each parameter has `TARGET_RATIO` of them. */
export function tokensMissing(trainingTokens: number, parameters: number): number {
  return Math.max(0, Math.ceil(TARGET_RATIO * parameters) - trainingTokens);
}

/** Vocabulary of a model by its number of parameters: each word has the same share of them. */
export function vocabularySizeOf(parameters: number, hyperparameters: Hyperparameters): number {
  const withVocabulary = (size: number): number => countParameters(architectureOf(hyperparameters, size));
  const perWord = withVocabulary(2) - withVocabulary(1);
  return Math.round((parameters - withVocabulary(1)) / perWord) + 1;
}
