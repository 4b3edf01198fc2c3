/** What the launcher reads of a fine-tuning job. */
export interface Job {
  readonly id: string;
  readonly model: string;
  readonly status: string;
  readonly training_file: string;
  readonly fine_tuned_model: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly progress: JobProgress | null;
}

/** How far a job is. */
export interface JobProgress {
  readonly phase: string;
  /** From 0 to 1. */
  readonly fraction: number;
  readonly epoch: number;
  readonly epochs: number;
  readonly tokens_per_second: number;
  readonly seconds_left: number;
  /** Nats per token. */
  readonly loss: number;
  readonly evaluation: JobEvaluation | null;
}

/** The newest measurement on held-out text. */
export interface JobEvaluation {
  readonly step: number;
  readonly epoch: number;
  readonly validation: { readonly perplexity: number; readonly top1: number };
  readonly gap_points: number;
  readonly sample: string;
}
