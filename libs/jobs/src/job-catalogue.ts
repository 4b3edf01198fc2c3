/**
 * Every kind of work that this project puts on a queue, on one screen.
 *
 * A job carries only the id of a row; the row holds the truth. That is why the queue never retries by itself
 * (`attempts: 1`): the sweeper of the trainer looks at the rows and enqueues again, so that queue and rows cannot
 * disagree for longer than `sweepEveryMs`.
 */
export const JOB_CATALOGUE = {
  'train-model': {
    /** Queue names have no ':' (BullMQ's own separator). */
    queue: 'training-runs',
    /** How often the queue itself starts the job. */
    attempts: 1,
    /** How many jobs one process works on at a time: one run owns the device. */
    concurrency: 1,
    /** After this time without renewal the queue takes the job away from its worker. */
    lockMs: 30_000,
    /** How often the queue looks for jobs whose worker stopped renewing. */
    stalledCheckEveryMs: 15_000,
  },
} as const satisfies Record<string, JobDescription>;

/** What each job carries. */
export interface JobPayloads {
  'train-model': { readonly trainingRunId: string };
}

/** The name of a kind of work. */
export type JobName = keyof JobPayloads;

interface JobDescription {
  readonly queue: string;
  readonly attempts: number;
  readonly concurrency: number;
  readonly lockMs: number;
  readonly stalledCheckEveryMs: number;
}
