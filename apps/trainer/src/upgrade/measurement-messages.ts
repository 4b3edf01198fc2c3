import type { ArtifactSettings } from '#artifacts';
import type { Hyperparameters } from '#language-model';
import type { ComparisonProgress, ModelComparison, ModelRole } from '#language-model/upgrade';
import type { CorpusFile, RunErrorReport } from '../training/child-messages.js';

/** Everything that a child needs to know to measure models on their held-out text. */
export interface MeasurementOrder {
  readonly corpus: CorpusFile;
  /** What the models were validated on, where that is a file of its own. */
  readonly validationCorpus: CorpusFile | null;
  readonly artifacts: ArtifactSettings;
  /** Belongs to this attempt alone. The parent removes it. */
  readonly workFolder: string;
  /** Hashes of their bundles in the artifact store. */
  readonly bundles: { readonly from: string } & Readonly<Partial<Record<ModelRole, string>>>;
  /** Models whose speed of training is to be estimated, by preset. */
  readonly presets: Readonly<Record<string, Hyperparameters>>;
  readonly seed: number;
  /** 0 takes every core. */
  readonly threads: number;
}

/** What a child has measured. */
export interface Measurement {
  readonly comparison: ModelComparison;
  /** What training can be expected to reach on this machine, by preset. */
  readonly tokensPerSecond: Readonly<Record<string, number>>;
}

/** Child to parent. `finished` or `failed` comes last. */
export type MeasurementMessage =
  | { readonly type: 'progress'; readonly progress: ComparisonProgress }
  | { readonly type: 'finished'; readonly measurement: Measurement }
  | { readonly type: 'failed'; readonly error: RunErrorReport };
