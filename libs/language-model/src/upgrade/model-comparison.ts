import type { CorpusReport } from '../corpus/index.js';
import type { Evaluation } from '../evaluation/text-evaluator.js';

/** Which of an experiment's models something is about. */
export type ModelRole = 'from' | 'to' | 'fallback';

/** What is compared, and on which text. */
export interface CompareModelsInput {
  /** The documents that the models were trained and validated on, as `trainModel` got them. */
  readonly paths: readonly string[];
  readonly validationPaths?: readonly string[];
  /** Folders of artifact bundles, trained on the same corpus with the same seed. `from` alone is measured beside the baseline. */
  readonly bundles: { readonly from: string; readonly to?: string; readonly fallback?: string };
  /** Decides the bootstrap's draws and the sample texts. */
  readonly seed: number;
  /** 0 = one per core. */
  readonly threads: number;
  /** Most held-out tokens to score, spread evenly over the documents; default 400,000. */
  readonly heldOutTokens?: number;
}

/** How far a comparison has come. */
export interface ComparisonProgress {
  readonly phase: 'reading' | 'baseline' | 'scoring' | 'resampling' | 'sampling';
  readonly message: string;
  /** Of the whole comparison, 0 to 1. */
  readonly fraction: number;
}

/** Receives a comparison's progress as it happens. */
export type ComparisonObserver = (progress: ComparisonProgress) => void;

/** The text on which everything in a comparison was measured. */
export interface HeldOutText {
  /** The test part, or the validation part when no text was kept for a test. */
  readonly part: 'test' | 'validation';
  readonly documents: number;
  /** Predicted tokens. */
  readonly tokens: number;
}

/** What an interpolated trigram model, counted on the training part, reaches on the held-out text. */
export interface BaselineResult {
  readonly evaluation: Pick<Evaluation, 'tokens' | 'lossNats' | 'perplexity' | 'top1'>;
  /** Tokens that it was counted on. */
  readonly trainingTokens: number;
  readonly distinctTrigrams: number;
}

/** One model on the held-out text, measured by the serving runtime. */
export interface ComparedModel {
  readonly role: ModelRole;
  readonly preset: string;
  readonly parameters: number;
  readonly evaluation: Evaluation;
  /** Of scoring, one text after the other. */
  readonly tokensPerSecond: number;
}

/** An estimate and its interval. */
export interface IntervalEstimate {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

/** A model against `from`, token by token on the same text; positive numbers are in its favour. */
export interface PairedResult {
  readonly role: 'to' | 'fallback';
  /** Mean loss of `from` less that of the model, nats per token. */
  readonly gainNats: IntervalEstimate;
  /** Top-1 accuracy of the model less that of `from`, percentage points. */
  readonly gainPoints: IntervalEstimate;
  /** Share of tokens on which the model's loss is the lower one. */
  readonly wins: number;
  /** 0.95 */
  readonly confidence: number;
  readonly resamples: number;
  /** What was drawn: whole documents, or, where there are too few, blocks of text. */
  readonly unit: 'documents' | 'blocks';
  readonly units: number;
}

/** The same prompt continued by each model with the same seed. */
export interface SampleComparison {
  /** Beginning of a held-out document; '' = the beginning of a text. */
  readonly prompt: string;
  /** How the document goes on; '' where there is none. */
  readonly original: string;
  readonly texts: readonly { readonly role: ModelRole; readonly text: string }[];
}

/** What `compareModels` measured. JSON. */
export interface ModelComparison {
  readonly heldOut: HeldOutText;
  readonly corpus: CorpusReport;
  readonly dataSha256: string;
  readonly seed: number;
  readonly baseline: BaselineResult;
  /** `from` first. */
  readonly models: readonly ComparedModel[];
  /** One for each model but `from`. */
  readonly pairs: readonly PairedResult[];
  readonly samples: readonly SampleComparison[];
  /** Of the whole comparison. */
  readonly seconds: number;
}
