import type { TrainingEvent, TrainModelResult } from '#language-model';
import type { CorpusFormat } from '../files/corpus-format.js';

/** A stored corpus file that the child turns into documents. */
export interface CorpusFile {
  /** The name it was uploaded under; never used as a path. */
  readonly filename: string;
  readonly format: CorpusFormat;
  readonly sha256: string;
}

/** Everything a child needs to know to train. */
export interface ChildOrder {
  readonly corpus: CorpusFile;
  /** Text to validate on; null holds documents of the corpus out for it. */
  readonly validationCorpus: CorpusFile | null;
  /** The bundle of the model to continue from; null begins a new one. */
  readonly baseBundleSha256: string | null;
  readonly artifactDir: string;
  /** Belongs to this attempt alone; exists and is empty. The parent removes it. */
  readonly workFolder: string;
  readonly preset: string;
  readonly hyperparameters: Readonly<Record<string, unknown>>;
  readonly seed: number;
  /** 0 takes every core. */
  readonly threads: number;
  /** The child ends itself when no `lease` arrives for this long: its parent may have lost the run. */
  readonly leaseMs: number;
}

/** Parent to child. */
export type ParentMessage =
  | { readonly type: 'train'; readonly order: ChildOrder }
  /** The parent still owns the run. */
  | { readonly type: 'lease' }
  /** Stop at the next step and end. */
  | { readonly type: 'cancel' };

/** Child to parent. `finished` or `failed` comes last. */
export type ChildMessage =
  | { readonly type: 'event'; readonly event: TrainingEvent }
  | { readonly type: 'finished'; readonly result: TrainModelResult }
  | { readonly type: 'failed'; readonly error: RunErrorReport };

/** How a run failed, as it is kept in its row. */
export interface RunErrorReport {
  readonly code: string;
  readonly message: string;
  readonly param: string | null;
}

/** Exit code of a child whose lease ran out (EX_TEMPFAIL of sysexits.h). */
export const LEASE_LOST_EXIT_CODE = 75;
