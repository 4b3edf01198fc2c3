import type { ArtifactSettings } from '#artifacts';
import type { TrainingEvent, TrainModelResult } from '#language-model';
import type { CorpusFormat } from '../files/corpus-format.js';
import type { ArchiveLimits } from '../files/unpack-budget.js';
import type { EngineChoice } from './select-engine.js';

/** A stored corpus file that the child turns into documents. */
export interface CorpusFile {
  /** The name it was uploaded under; never used as a path. */
  readonly filename: string;
  readonly format: CorpusFormat;
  readonly limits: ArchiveLimits;
  readonly sha256: string;
}

/** Everything a child needs to know to train. */
export interface ChildOrder {
  readonly corpus: CorpusFile;
  /** Text to validate on; null holds documents of the corpus out for it. */
  readonly validationCorpus: CorpusFile | null;
  /** The bundle of the model to continue from; null begins a new one. */
  readonly baseBundleSha256: string | null;
  readonly engine: EngineChoice;
  /** Where corpus and bundles are. */
  readonly artifacts: ArtifactSettings;
  /** Belongs to this attempt alone; exists and is empty. The parent removes it. */
  readonly workFolder: string;
  /** Where the training state is saved, and resumed from when there is one. Handed on from attempt to attempt. */
  readonly stateFolder: string;
  /** 0 saves the state after every step. */
  readonly saveIntervalSeconds: number;
  readonly preset: string;
  readonly hyperparameters: Readonly<Record<string, unknown>>;
  readonly seed: number;
  /** 0 takes every core. */
  readonly threads: number;
  /** How much worse than float32 the int8 variant may be to be served. */
  readonly precisionTolerance: { readonly perplexityPercent: number; readonly top1Points: number };
  /** The child ends itself this long after the last moment at which its parent owned the run: by then it may be another's. */
  readonly leaseMs: number;
}

/** Parent to child. */
export type ParentMessage =
  | { readonly type: 'train'; readonly order: ChildOrder; readonly ownedAtMs: number }
  /** The parent owned the run when it asked, at this time of the machine's clock (milliseconds since 1970). */
  | { readonly type: 'lease'; readonly ownedAtMs: number }
  /** Save the training state at the next step and end. */
  | { readonly type: 'stop' }
  /** End at the next step. */
  | { readonly type: 'cancel' };

/** Child to parent. `finished`, `stopped` or `failed` comes last. */
export type ChildMessage =
  | { readonly type: 'event'; readonly event: TrainingEvent }
  | { readonly type: 'finished'; readonly result: TrainModelResult }
  /** It was asked to stop and can be resumed from `step`. */
  | { readonly type: 'stopped'; readonly step: number }
  | { readonly type: 'failed'; readonly error: RunErrorReport };

/** How a run failed, as it is kept in its row. */
export interface RunErrorReport {
  readonly code: string;
  readonly message: string;
  readonly param: string | null;
}

/** Exit code of a child whose lease ran out (EX_TEMPFAIL of sysexits.h). */
export const LEASE_LOST_EXIT_CODE = 75;
