import type { Config } from '#config';

/** Injection token of {@link TrainerOptions}. */
export const TRAINER_OPTIONS = Symbol('TRAINER_OPTIONS');

/** Injection token of the open database. */
export const DATABASE = Symbol('DATABASE');

/** What the parts of the trainer are told when it starts. */
export interface TrainerOptions {
  readonly config: Config;
  /** The compiled entry file of the training process. */
  readonly childScript: string;
}
