import type { ErrorCode } from '#errors';
import type { RequestClaim } from './idempotency/request-claim.js';
import type { ApiKeyLimits, ApiScope, JsonObject, Replica, RunEvent } from './records.js';

/** A file whose bytes are already in the artifact store. */
export interface NewCorpus {
  readonly filename: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly purpose: string;
}

/** A file of what a run measured, whose bytes are already in the artifact store. */
export type NewResultFile = Omit<NewCorpus, 'purpose'>;

/** A run to be queued. */
export interface NewTrainingRun {
  readonly corpusId: string;
  readonly validationCorpusId?: string | null;
  readonly preset: string;
  /** The version that it continues from. */
  readonly baseVersionId?: string | null;
  /** The checkpoint that it continues from; not together with a version. */
  readonly baseCheckpointId?: string | null;
  /** 1 to 64 of a-z, 0-9 and `-`; part of the version's id. */
  readonly suffix?: string | null;
  readonly seed: number;
  readonly hyperparameters?: JsonObject;
  readonly metadata?: Readonly<Record<string, string>>;
  /** The trace that it is part of, as the header `traceparent` has it. */
  readonly traceParent?: string | null;
}

/** The model of a run at one of its evaluations; its bundle is already in the artifact store. */
export interface NewCheckpoint {
  readonly step: number;
  readonly epoch: number;
  readonly trainedTokens: number;
  readonly bundleSha256: string;
  /** Those that are used, defaults included. */
  readonly hyperparameters: JsonObject;
  readonly validationLossNats: number;
  readonly metrics: JsonObject;
}

/** What a finished run leaves behind: everything of its model version that the run itself does not know. */
export interface RunOutcome {
  readonly bundleSha256: string;
  readonly dataSha256: string;
  readonly codeVersion: string;
  /** Those that were used, defaults included. */
  readonly hyperparameters: JsonObject;
  readonly parameters: number;
  readonly trainedTokens: number;
  readonly metrics: JsonObject;
}

/** A model that was made elsewhere and whose bundle is in the artifact store. */
export interface NewImportedVersion extends Actor {
  readonly preset: string;
  /** As of a run. */
  readonly suffix?: string | null;
  readonly bundleSha256: string;
  readonly codeVersion: string;
  /** What is known of them. */
  readonly hyperparameters: JsonObject;
  readonly parameters: number;
  /** Format, path and hash. */
  readonly importedFrom: JsonObject;
}

/** Why a run is ended as failed. */
export interface RunFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly param?: string | null;
}

/** An event to be added to a run. */
export interface NewRunEvent {
  readonly level?: RunEvent['level'];
  readonly type?: RunEvent['type'];
  readonly message: string;
  readonly data?: JsonObject | null;
}

/** Who does something, and why: the audit's columns. */
export interface Actor {
  readonly actor: string;
  readonly reason?: string | null;
  readonly requestId?: string | null;
  /** For a request that its client may send again: the right to carry it out. */
  readonly claim?: RequestClaim | null;
}

/** A version that shall serve a deployment from now on. */
export interface Promotion extends Actor {
  readonly deployment: string;
  readonly versionId: string;
}

/** A return to an earlier version: the previous one, or `to`. */
export interface Rollback extends Actor {
  readonly deployment: string;
  readonly to?: string | null;
}

/** A key to be made. */
export interface NewApiKey extends Actor {
  readonly name: string;
  readonly scopes: readonly ApiScope[];
  /** Those that are left out are null. */
  readonly limits?: Partial<ApiKeyLimits>;
  /** A key that was chosen elsewhere, such as by whoever writes the secrets of a cluster; by default a random one is made. */
  readonly key?: string;
}

/** New limits of a key; those that are left out stay as they are. */
export interface ApiKeyChange extends Actor {
  readonly id: string;
  readonly limits: Partial<ApiKeyLimits>;
}

/** What a generator reports about itself. */
export type ReplicaReport = Omit<Replica, 'reportedAt' | 'silentMs'>;
