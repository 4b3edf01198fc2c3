import type { MetricName } from '../metrics.js';

/** Where a release stands in time, and what is known besides observations. Whoever asks has the clock. */
export interface Situation {
  /** Index into the policy's stages; their number during the watch. */
  readonly stageIndex: number;
  /** Seconds since the stage began, or since a person let it go on. */
  readonly secondsInStage: number;
  /** Seconds since the release was opened, or since a person let it go on. */
  readonly secondsOpen: number;
  /** Seconds since the latest of: an observation, the beginning of the stage, a person who let it go on. */
  readonly secondsWithoutData: number;
  /** What the gates found wrong, in sentences; empty where nothing is wrong. */
  readonly failedGates: { readonly candidate: readonly string[]; readonly incumbent: readonly string[] };
}

/** Why a verdict is what it is, in a word. */
export type ReasonCode =
  | 'gate_failed'
  | 'worse'
  | 'changed'
  | 'incumbent_unhealthy'
  | 'arms_unbalanced'
  | 'no_data'
  | 'time_limit'
  | 'stage_unfinished'
  | 'stage_finished'
  | 'suspected'
  | 'not_shown'
  | 'not_worse'
  | 'watching'
  | 'watch_finished'
  | 'judging_off';

/** One reason of a verdict, with the numbers behind it. */
export interface Reason {
  readonly code: ReasonCode;
  readonly metric: MetricName | 'requests' | null;
  /** A sentence for people. */
  readonly message: string;
  /** What was found, and what it is held against: logarithms of wealth, observations or seconds, as the message says. */
  readonly value: number | null;
  readonly bound: number | null;
}

/** What is to be done. `hold` keeps everything as it is; where `resumes`, the release goes on by itself when that verdict changes. */
export interface Verdict {
  readonly action: 'continue' | 'advance' | 'promote' | 'complete' | 'roll_back' | 'hold';
  /** Of a hold: whether it ends with new data, and needs no person. */
  readonly resumes: boolean;
  readonly reasons: readonly Reason[];
}
