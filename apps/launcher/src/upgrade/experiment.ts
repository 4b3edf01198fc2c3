/** What the launcher reads of an upgrade experiment. */
export interface Experiment {
  readonly id: string;
  readonly status: string;
  readonly training_file: string;
  readonly from: string;
  readonly to: string;
  readonly fallback: string | null;
  readonly from_job: string | null;
  readonly to_job: string | null;
  readonly fallback_job: string | null;
  readonly progress: { readonly phase: string; readonly message: string; readonly fraction: number } | null;
  readonly advice: Advice | null;
  readonly outcome: Advice | null;
  /** The release that the verdict has opened. */
  readonly release: string | null;
  readonly finished_at: number | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** What the rules say, in short. */
export interface Advice {
  readonly verdict: string;
  readonly tokens_needed: number;
  readonly reasons: readonly string[];
}
