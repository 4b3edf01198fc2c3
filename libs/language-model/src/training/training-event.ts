import type { Evaluation } from '../evaluation/text-evaluator.js';

/** Where a run is. */
export type TrainingPhase = 'reading' | 'training' | 'evaluating' | 'exporting' | 'verifying';

/** A run's position and speed. */
export interface TrainingProgress {
  readonly type: 'progress';
  /** Steps made, of `totalSteps`. */
  readonly step: number;
  readonly totalSteps: number;
  /** Epoch under way, from 1. */
  readonly epoch: number;
  readonly epochs: number;
  readonly trainedTokens: number;
  readonly totalTokens: number;
  /** Over the last few seconds, evaluations left out. */
  readonly tokensPerSecond: number;
  readonly secondsLeft: number;
  /** Mean over the steps since the last progress event. */
  readonly lossNats: number;
  readonly learningRate: number;
  /** Before clipping. */
  readonly gradientNorm: number;
  /** Norm of an update relative to that of the parameters; measured every few steps. */
  readonly updateRatio: number;
  /** Where a step's time goes, milliseconds: the mean since the last progress event. */
  readonly stepMs: StepTimes;
}

/** Times of the parts of a step, milliseconds. */
export interface StepTimes {
  /** Reading the window. */
  readonly read: number;
  /** Forward and backward pass. */
  readonly compute: number;
  readonly optimizer: number;
}

/** Train and validation text measured the same way, without dropout. */
export interface TrainingEvaluation {
  readonly type: 'evaluation';
  readonly step: number;
  readonly epoch: number;
  /** Of training until now, evaluations left out. */
  readonly trainingSeconds: number;
  readonly train: Evaluation;
  readonly validation: Evaluation;
  /** Top-1 accuracy on training text less that on validation text, percentage points. */
  readonly gapPoints: number;
  /** Text that the model writes at this point. */
  readonly sample: string;
}

/** A model as it stood at an evaluation, whole and usable; whoever receives it owns and removes the folder. */
export interface TrainingCheckpoint {
  readonly type: 'checkpoint';
  readonly step: number;
  readonly epoch: number;
  readonly trainedTokens: number;
  /** An artifact bundle. */
  readonly bundleFolder: string;
  readonly evaluation: TrainingEvaluation;
}

/** What a run tells while it works. */
export type TrainingEvent =
  | { readonly type: 'log'; readonly message: string }
  | { readonly type: 'phase'; readonly phase: TrainingPhase; readonly message: string }
  | TrainingProgress
  | TrainingEvaluation
  | TrainingCheckpoint
  /** The run goes on from a saved state. */
  | { readonly type: 'resumed'; readonly step: number; readonly trainedTokens: number }
  | { readonly type: 'state_saved'; readonly step: number };

/** Receives a run's events as they happen. */
export type TrainingObserver = (event: TrainingEvent) => void;
