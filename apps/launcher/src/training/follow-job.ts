import { setTimeout as delay } from 'node:timers/promises';
import { CodedError, ERROR_CATALOGUE, type ErrorCode } from '#errors';
import type { ApiClient } from '../api-client.js';
import type { Job } from './job.js';
import type { ProgressDisplay, WorkProgress } from './progress-display.js';
import { describeProgress } from './progress-text.js';

const POLL_MS = 500;

/**
 * Follows a job to its end and returns the id of the model version.
 *
 * @throws the error that the job failed with; cancelled
 */
export async function followJob(
  trainer: ApiClient,
  id: string,
  display: ProgressDisplay,
  signal: AbortSignal,
): Promise<string> {
  try {
    for (;;) {
      const job = await trainer.json<Job>({ path: `/v1/fine_tuning/jobs/${id}`, signal });
      if (job.fine_tuned_model !== null && job.status === 'succeeded') return job.fine_tuned_model;
      if (job.status === 'failed' || job.status === 'cancelled') throw toError(job);
      display.show(progressOf(job));
      await delay(POLL_MS, undefined, { signal });
    }
  } finally {
    display.close();
  }
}

/** A job as work to be shown. */
export function progressOf(job: Job): WorkProgress {
  const { phase = '', fraction = 0, evaluation = null } = job.progress ?? {};
  return { phase, fraction, text: describeProgress(job), evaluation };
}

function toError({ id, status, error }: Job): CodedError {
  if (status === 'cancelled')
    return new CodedError('cancelled', `The training ${id} was cancelled. Run npm start again to train anew.`);
  const code =
    error !== null && Object.hasOwn(ERROR_CATALOGUE, error.code) ? (error.code as ErrorCode) : 'server_error';
  return new CodedError(
    code,
    `The training ${id} failed: ${error?.message ?? 'the trainer gave no reason; see its log.'}`,
  );
}
