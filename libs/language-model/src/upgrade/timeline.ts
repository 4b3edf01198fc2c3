import { architectureOf } from '../model/architecture.js';
import { operationsPerToken } from '../training/estimate-speed.js';
import { vocabularySizeOf } from './data-ratio.js';
import type { ModelRole } from './model-comparison.js';
import type { PresetEvidence, TimelineEntry, UpgradeEvidence } from './upgrade-report.js';

/** How much longer an epoch of medium takes than one of small, by the upgrade document. */
const DOCUMENT_SLOWDOWN = 1.15;

/**
 * Predicts the training time of each model and puts the actual one beside it. A run that was not made yet is taken to see as many
 * tokens as `from` did.
 */
export function timelineOf({ from, to, fallback }: UpgradeEvidence): TimelineEntry[] {
  const { run } = from;
  const vocabularySize = vocabularySizeOf(run.parameters, from.hyperparameters);
  const operations = ({ hyperparameters }: PresetEvidence): number =>
    operationsPerToken(architectureOf(hyperparameters, vocabularySize));
  const entry = (role: ModelRole, model: PresetEvidence): TimelineEntry => {
    const trainedTokens = model.run?.trainedTokens ?? run.trainedTokens;
    const likeFrom = trainedTokens / run.metrics.tokensPerSecond;
    const { estimatedTokensPerSecond: estimated } = model;
    return {
      role,
      preset: model.preset,
      trainedTokens,
      byEstimate: estimated === null ? null : trainedTokens / estimated,
      byOperations: role === 'from' ? null : (likeFrom * operations(model)) / operations(from),
      byDocument: role === 'to' ? likeFrom * DOCUMENT_SLOWDOWN : null,
      actual: model.run?.metrics.trainingSeconds ?? null,
    };
  };
  return [entry('from', from), entry('to', to), ...(fallback === null ? [] : [entry('fallback', fallback)])];
}
