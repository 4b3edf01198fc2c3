import type { ChildOutcome } from './training-child-process.js';
import type { RunErrorReport } from './child-messages.js';

/** Exit codes by which Node says that its own heap was full (abort, and abort as seen by a shell). */
const ABORT_EXIT_CODE = 134;

/** What a person is told about a training process that ended without a word. */
export function describeDeath(outcome: Extract<ChildOutcome, { kind: 'died' }>): RunErrorReport {
  const how =
    outcome.signal === null ? `ended with exit code ${String(outcome.exitCode)}` : `was killed by ${outcome.signal}`;
  return { code: 'training_process_died', message: `The training process ${how}${advice(outcome)}`, param: null };
}

function advice(outcome: Extract<ChildOutcome, { kind: 'died' }>): string {
  if (outcome.signal === 'SIGKILL') {
    return ', most often by the system because memory ran out. Give the machine more memory, or train with a smaller batch_size, sequence_length or preset.';
  }
  if (outcome.signal === 'SIGABRT' || outcome.exitCode === ABORT_EXIT_CODE) {
    return ', most often because its heap was full. Train with a smaller batch_size, sequence_length or corpus.';
  }
  return '. Its last output is in the log of the trainer.';
}
