import type { NewRunEvent } from '../inputs.js';
import type { JsonObject, RunError, RunEvent } from '../records.js';
import type { UpgradeExperimentState } from '../transitions.js';

/** Whether a larger model is worth it: a smaller and a larger one on the same text, and the verdict. */
export interface UpgradeExperiment {
  readonly id: string;
  readonly state: UpgradeExperimentState;
  readonly corpusId: string;
  /** The rule set that decides. */
  readonly policy: string;
  readonly fromPreset: string;
  readonly toPreset: string;
  /** Trained when the larger model overfits; null: none. */
  readonly fallbackPreset: string | null;
  readonly fromRunId: string | null;
  readonly toRunId: string | null;
  readonly fallbackRunId: string | null;
  /** Whether the run of the smaller model is not its own; such a run is not cancelled with it. */
  readonly reusesFrom: boolean;
  readonly reusesTo: boolean;
  /** Whether the larger model is trained only where the rules advise it after the smaller one. */
  readonly onlyIfAdvised: boolean;
  /** What is to follow on the verdict to upgrade; null: nothing. */
  readonly release: WantedRelease | null;
  /** The release that it has opened. */
  readonly releaseId: string | null;
  readonly suffix: string | null;
  /** Of all of its runs: the same text is held out from all of them. */
  readonly seed: number;
  readonly hyperparameters: JsonObject;
  /** More hyper-parameters for the runs of one preset, by preset. */
  readonly presetHyperparameters: Readonly<Record<string, JsonObject>>;
  readonly metadata: Readonly<Record<string, string>>;
  /** How many times a process has begun the stage that it is in. */
  readonly attempt: number;
  /** Counts changes of owner; a write with an older number is refused. */
  readonly fence: number;
  readonly progress: JsonObject | null;
  /** What the rules have said so far, in short; the evidence is in the report. */
  readonly advice: JsonObject | null;
  readonly verdict: string | null;
  readonly error: RunError | null;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

/** A release of the larger model, to be opened on the verdict to upgrade. */
export interface WantedRelease {
  readonly deployment: string;
  readonly policyName: string;
}

/** An experiment to be begun. */
export interface NewUpgradeExperiment {
  readonly corpusId: string;
  readonly policy: string;
  readonly fromPreset: string;
  readonly toPreset: string;
  readonly fallbackPreset: string | null;
  /** Runs that exist already and take the place of its own. */
  readonly fromRunId?: string | null;
  readonly toRunId?: string | null;
  readonly onlyIfAdvised?: boolean;
  readonly release?: WantedRelease | null;
  readonly suffix?: string | null;
  readonly seed: number;
  readonly hyperparameters?: JsonObject;
  readonly presetHyperparameters?: Readonly<Record<string, JsonObject>>;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Something that happened in an experiment, for people. */
export type UpgradeExperimentEvent = Omit<RunEvent, 'runId' | 'type'> & { readonly experimentId: string };

/** An event to be added to an experiment. */
export type NewExperimentEvent = Omit<NewRunEvent, 'type'>;
