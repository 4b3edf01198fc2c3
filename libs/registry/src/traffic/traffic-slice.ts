/** Length of a slice, in milliseconds. */
export const SLICE_MS = 15_000;

/** What was answered in a slice of time. */
export interface TrafficCounts {
  /** Completion requests that were admitted and ended. */
  readonly requests: number;
  readonly failed: number;
  /** Their client went away. */
  readonly cancelled: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** See latency-histogram.ts. */
  readonly latencyCounts: readonly number[];
}

/** What a replica answered in a slice. */
export interface TrafficSlice extends TrafficCounts {
  readonly replicaId: string;
  readonly deployment: string;
  /** A multiple of {@link SLICE_MS} since 1970. */
  readonly startedAt: Date;
}

/** Which version wrote a completion. */
export interface CompletionRecord {
  readonly id: string;
  readonly requestId: string;
  readonly at: Date;
  readonly replicaId: string;
  readonly deployment: string;
  /** The model that the request named. */
  readonly model: string;
  readonly versionId: string;
  readonly arm: string;
  readonly releaseId: string | null;
  readonly keyId: string;
  readonly outcome: string;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly totalMs: number;
}

/** How large the database is, and how it is used. */
export interface DatabaseFacts {
  readonly sizeBytes: number;
  readonly connections: number;
  readonly maxConnections: number;
  readonly version: string;
}
