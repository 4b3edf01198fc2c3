import type { CorpusReport } from '../corpus/index.js';
import type { Hyperparameters } from '../model/presets.js';
import type { RunMetrics } from '../training/train-model.js';
import type { ModelComparison, ModelRole } from './model-comparison.js';

/** `literal`: the limits of the upgrade document word for word. `measured`: the same gap limits, the others replaced by what can be measured. */
export type RuleSet = 'literal' | 'measured';

/** What an experiment ends with. The names are those of the usual presets: "small" is `from`, "intermediate" the fallback. */
export type UpgradeVerdict = 'upgrade' | 'keep_small' | 'use_intermediate' | 'collect_more_data';

/** One evaluation of a run; `RunEvent`s of type `metrics` with `valid_loss` have these numbers. */
export interface CurvePoint {
  readonly step: number;
  /** Mean loss over validation text, nats. */
  readonly validationLossNats: number;
  /** Share of validation tokens that were the most probable one, 0 to 1. */
  readonly validationTop1: number;
}

/** One progress report of a run; `RunEvent`s of type `metrics` with `gradient_norm` have these numbers. */
export interface StepPoint {
  readonly step: number;
  /** Mean training loss since the report before, nats, with dropout. */
  readonly lossNats: number;
}

/** What a finished run measured. */
export interface RunEvidence {
  /** Id of the model version or the job, for a person to find it. */
  readonly id: string;
  readonly parameters: number;
  /** Tokens of the training part of the corpus: one training sequence ends at each. */
  readonly trainingTokens: number;
  /** Tokens trained on, all passes together. */
  readonly trainedTokens: number;
  readonly metrics: RunMetrics;
  /** In the order of the steps; empty when it is not known any more. */
  readonly curve: readonly CurvePoint[];
  readonly steps: readonly StepPoint[];
}

/** One preset of an experiment and its run, once there is one. */
export interface PresetEvidence {
  readonly preset: string;
  readonly hyperparameters: Hyperparameters;
  /** What `estimateTokensPerSecond` said before the run; null when nobody asked. */
  readonly estimatedTokensPerSecond: number | null;
  readonly run: RunEvidence | null;
}

/** Everything that the rules look at. JSON. */
export interface UpgradeEvidence {
  readonly from: PresetEvidence & { readonly run: RunEvidence };
  readonly to: PresetEvidence;
  readonly fallback: PresetEvidence | null;
  /** What `compareModels` measured, with as many of the models as exist; null when nothing was compared. */
  readonly comparison: ModelComparison | null;
  /** Of the corpus that was trained on; null when it is not known any more. The comparison's, if there is one, has precedence. */
  readonly corpus: CorpusReport | null;
}

/** What a rule found: `warn` is shown and stops nothing, `unknown` means that its number was not measured. */
export type RuleOutcome = 'pass' | 'fail' | 'warn' | 'unknown';

/** What a value is held against. */
export interface RuleLimit {
  readonly comparison: 'above' | 'at least' | 'below' | 'at most';
  readonly value: number;
}

/** One rule applied. */
export interface RuleResult {
  /** Key of the policy table. */
  readonly rule: string;
  readonly role: ModelRole;
  /** Preset that it is about. */
  readonly preset: string;
  /** What is measured. */
  readonly subject: string;
  /** null when it was not measured. */
  readonly value: number | null;
  readonly limit: RuleLimit;
  readonly unit: string;
  readonly outcome: RuleOutcome;
  /** What was found, as a sentence. */
  readonly detail: string;
  /** Where the limit comes from. */
  readonly source: string;
}

/** What one rule set says. */
export interface RuleSetAdvice {
  readonly ruleSet: RuleSet;
  readonly verdict: UpgradeVerdict;
  /** Why, as sentences. */
  readonly reasons: readonly string[];
  readonly rules: readonly RuleResult[];
}

/** Training text for each parameter. */
export interface DataRatio {
  readonly role: ModelRole;
  readonly preset: string;
  readonly parameters: number;
  readonly trainingSequences: number;
  /** trainingSequences / parameters */
  readonly ratio: number;
  /** Training tokens that are missing to 5 for each parameter; 0 when there are enough. */
  readonly tokensMissing: number;
}

/** How long a run was expected to take, and how long it took; training alone, seconds. */
export interface TimelineEntry {
  readonly role: ModelRole;
  readonly preset: string;
  readonly trainedTokens: number;
  /** From the speed of plain matrix products, measured before the run. */
  readonly byEstimate: number | null;
  /** From the measured speed of `from` and the ratio of the operations per token. */
  readonly byOperations: number | null;
  /** From the measured speed of `from` and the document's "about 15% slower". */
  readonly byDocument: number | null;
  readonly actual: number | null;
}

/** The rules' answer. JSON. */
export interface UpgradeAdvice {
  /** `before` the bigger model is trained (`upgrade` then means: it is worth trying) or `after`. */
  readonly stage: 'before' | 'after';
  /** The rule set that decides. */
  readonly policy: RuleSet;
  /** What the deciding rule set says. */
  readonly verdict: UpgradeVerdict;
  /** Training tokens to add until the bigger model has 5 for each parameter; 0 unless the verdict is `collect_more_data`. */
  readonly tokensNeeded: number;
  /** What an experiment should train next. The fallback is worth it when the bigger model overfits or is no better. */
  readonly next: 'to' | 'fallback' | 'nothing';
  /** Both, whichever decides. */
  readonly ruleSets: { readonly literal: RuleSetAdvice; readonly measured: RuleSetAdvice };
  readonly ratios: readonly DataRatio[];
  readonly timeline: readonly TimelineEntry[];
}

/** What an experiment leaves. JSON; `renderUpgradeReport` makes Markdown of it. */
export interface UpgradeReport {
  readonly format: 'understudy-upgrade-report';
  readonly version: 1;
  /** ISO 8601. */
  readonly createdAt: string;
  /** Id of the experiment or the job. */
  readonly subject: string;
  /** Name of the training file. */
  readonly trainingFile: string;
  readonly seed: number;
  readonly advice: UpgradeAdvice;
  readonly evidence: UpgradeEvidence;
  /** Id of the release that the verdict has opened. */
  readonly release?: string | null;
}
