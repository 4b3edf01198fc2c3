import { CodedError } from '#errors';

/** From each state of a training run, the states that it can change to. A run begins in `validating_files` or `queued`. */
export const TRAINING_RUN_TRANSITIONS = {
  validating_files: ['queued', 'failed', 'cancelled'],
  queued: ['running', 'paused', 'failed', 'cancelled'],
  // Back to `queued` when its worker died or was stopped.
  running: ['queued', 'paused', 'succeeded', 'failed', 'cancelled'],
  // A run that goes on waits for its turn like any other.
  paused: ['queued', 'cancelled'],
  succeeded: [],
  failed: [],
  cancelled: [],
} as const satisfies Record<string, readonly string[]>;

/** From each state of a model version, the states that it can change to. A version begins in `registered`. */
export const MODEL_VERSION_TRANSITIONS = {
  // A candidate can be rolled back before it was ever released, also one that served some time ago.
  registered: ['released', 'rejected', 'rolled_back'],
  released: ['retired', 'rolled_back'],
  retired: ['released', 'rolled_back'],
  rejected: [],
  // A person may try again what was taken off the stage; nothing goes back to it by itself.
  rolled_back: ['released'],
} as const satisfies Record<string, readonly string[]>;

/**
 * From each stage of an upgrade experiment, those that can follow. An experiment begins in `training_from`; a stage whose
 * run is reused is passed at once.
 */
export const UPGRADE_EXPERIMENT_TRANSITIONS = {
  training_from: ['advising', 'failed', 'cancelled'],
  // It skips stages when the larger model is there already, and ends here when such a model is only to be trained where the
  // rules advise it, and they do not.
  advising: ['training_to', 'training_fallback', 'succeeded', 'failed', 'cancelled'],
  training_to: ['comparing', 'failed', 'cancelled'],
  comparing: ['training_fallback', 'succeeded', 'failed', 'cancelled'],
  training_fallback: ['comparing_fallback', 'failed', 'cancelled'],
  comparing_fallback: ['succeeded', 'failed', 'cancelled'],
  succeeded: [],
  failed: [],
  cancelled: [],
} as const satisfies Record<string, readonly string[]>;

/**
 * From each state of a release, those that can follow. A release begins in `shadow`; with a promotion it becomes `watched`.
 * One that is held goes back to where it was, or ends.
 */
export const RELEASE_TRANSITIONS = {
  shadow: ['canary', 'watched', 'held', 'rolled_back', 'superseded', 'aborted'],
  canary: ['watched', 'held', 'rolled_back', 'superseded', 'aborted'],
  watched: ['completed', 'held', 'rolled_back', 'superseded', 'aborted'],
  held: ['shadow', 'canary', 'watched', 'completed', 'rolled_back', 'superseded', 'aborted'],
  completed: [],
  rolled_back: [],
  // A person promoted or rolled back while it was open.
  superseded: [],
  aborted: [],
} as const satisfies Record<string, readonly string[]>;

/** A state of a training run. */
export type TrainingRunState = keyof typeof TRAINING_RUN_TRANSITIONS;

/** A state of a model version. */
export type ModelVersionState = keyof typeof MODEL_VERSION_TRANSITIONS;

/** A stage of an upgrade experiment. */
export type UpgradeExperimentState = keyof typeof UPGRADE_EXPERIMENT_TRANSITIONS;

/** A state of a release. */
export type ReleaseState = keyof typeof RELEASE_TRANSITIONS;

/**
 * Checks that an object may change from one state to another.
 *
 * @param subject what the message calls the object, such as `training run ftjob-abc`
 * @throws conflict naming both states and those that would be possible
 */
export function assertTransition<State extends string>(
  transitions: Readonly<Record<State, readonly string[]>>,
  subject: string,
  from: State,
  to: State,
): void {
  const possible = transitions[from];
  if (possible.includes(to)) return;
  const next = possible.length === 0 ? 'it is in its last state' : `it can only become ${possible.join(' or ')}`;
  throw new CodedError('conflict', `The ${subject} is ${from} and cannot become ${to}; ${next}.`);
}
