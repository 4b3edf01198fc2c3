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

/** What a run tells while it works. */
export type TrainingEvent =
  | { readonly type: 'log'; readonly message: string }
  | { readonly type: 'phase'; readonly phase: TrainingPhase; readonly message: string }
  | TrainingProgress
  | TrainingEvaluation;

/** Receives a run's events as they happen. */
export type TrainingObserver = (event: TrainingEvent) => void;
