import type { ErrorCode } from '#errors';
import type { ModelVersionState, TrainingRunState } from './transitions.js';

/** An object of JSON. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Which part of a list is wanted. */
export interface PageRequest {
  /** 1 to 100; 20 when left out. */
  readonly limit?: number | undefined;
  /** The id of the last item of the page before. */
  readonly after?: string | undefined;
}

/** A part of a list. The next part is asked for with `after` = the id of the last item. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly hasMore: boolean;
}

/** An uploaded file that runs are trained on. Its bytes lie in the artifact store under `sha256`. */
export interface Corpus {
  readonly id: string;
  readonly filename: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly purpose: string;
  /** `uploaded` until it was looked at; on one with `error` nothing can be trained. */
  readonly status: 'uploaded' | 'processed' | 'error';
  readonly errorCode: ErrorCode | null;
  readonly errorMessage: string | null;
  readonly createdAt: Date;
}

/** Why a run failed, in the form in which the API answers with it. */
export interface RunError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly param: string | null;
}

/** One training of one model: a fine-tuning job of the API. */
export interface TrainingRun {
  readonly id: string;
  readonly state: TrainingRunState;
  /** What a person asked for; a worker that reads `paused` or `cancelled` stops. */
  readonly desiredState: 'running' | 'paused' | 'cancelled';
  readonly corpusId: string;
  readonly validationCorpusId: string | null;
  readonly preset: string;
  /** The model version that the run continues from. */
  readonly baseVersionId: string | null;
  /** The checkpoint that the run continues from; not together with a version. */
  readonly baseCheckpointId: string | null;
  /** The name of the version or checkpoint that the run continues from. */
  readonly baseModelId: string | null;
  readonly suffix: string | null;
  /** The id that the model version will have; reserved, so that its checkpoints have names before it exists. */
  readonly modelId: string;
  readonly seed: number;
  /** As they were asked for; those that were used stand in the model version. */
  readonly hyperparameters: JsonObject;
  readonly metadata: Readonly<Record<string, string>>;
  /** The trace of the request for it, as the header `traceparent` has it; null where that was not traced. */
  readonly traceParent: string | null;
  /** How many times a worker has started on it. */
  readonly attempt: number;
  /** Counts changes of owner; a write with an older number is refused. */
  readonly fence: number;
  readonly progress: JsonObject | null;
  readonly trainedTokens: number;
  /** How long workers have had it, in milliseconds, all attempts together. */
  readonly runMs: number;
  /** The step of the newest training state that it can be resumed from; 0 while there is none. */
  readonly savedStep: number;
  /** Attempts in a row, the one under way included, that saved no new training state. */
  readonly fruitlessAttempts: number;
  readonly modelVersionId: string | null;
  /** The file of what it measured, also when that was deleted; null when it measured nothing. */
  readonly resultFileId: string | null;
  readonly error: RunError | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly heartbeatAt: Date | null;
  readonly finishedAt: Date | null;
}

/** Something that happened in a run, for people. */
export interface RunEvent {
  readonly id: string;
  readonly runId: string;
  readonly level: 'info' | 'warn' | 'error';
  readonly type: 'message' | 'metrics';
  readonly message: string;
  readonly data: JsonObject | null;
  readonly createdAt: Date;
}

/** What answers requests that name it: a model version, or a checkpoint of a run. */
export interface ServableModel {
  /** `ft:…`; that of a checkpoint ends in `:ckpt-step-<step>`. */
  readonly id: string;
  readonly preset: string;
  /** Hash of the manifest of its bundle in the artifact store. */
  readonly bundleSha256: string;
  readonly createdAt: Date;
}

/** The model of a run at one of its evaluations. */
export interface Checkpoint {
  readonly id: string;
  readonly trainingRunId: string;
  /** The name that it is served under: `<model id of the run>:ckpt-step-<step>`. */
  readonly modelId: string;
  readonly preset: string;
  /** Counts the checkpoints of a run, from 1. */
  readonly number: number;
  readonly step: number;
  readonly epoch: number;
  readonly trainedTokens: number;
  readonly bundleSha256: string;
  readonly hyperparameters: JsonObject;
  readonly validationLossNats: number;
  readonly metrics: JsonObject;
  readonly createdAt: Date;
}

/** The hashes of stored bytes that something of the registry needs. */
export interface LiveArtifacts {
  /** Manifests of bundles; the files that they list are needed, too. */
  readonly bundles: readonly string[];
  readonly files: readonly string[];
}

/** A trained model with its lineage. Only its state ever changes, until it is deleted. */
export interface ModelVersion {
  /** `ft:<preset>:<suffix or understudy>:<8 characters>`. */
  readonly id: string;
  readonly preset: string;
  /** Counts the versions of a preset, from 1. */
  readonly number: number;
  readonly state: ModelVersionState;
  /** null when it was imported. */
  readonly trainingRunId: string | null;
  /** Where an imported one comes from: format, path and hash; null when a run made it. */
  readonly importedFrom: JsonObject | null;
  readonly baseVersionId: string | null;
  readonly baseCheckpointId: string | null;
  /** Hash of the manifest of its bundle in the artifact store. */
  readonly bundleSha256: string;
  /** Hash of the text that it was trained on; null when that is not known. */
  readonly dataSha256: string | null;
  readonly codeVersion: string;
  readonly hyperparameters: JsonObject;
  readonly seed: number;
  readonly parameters: number;
  readonly trainedTokens: number;
  readonly metrics: JsonObject;
  readonly createdAt: Date;
  /** When its bytes were given up; it is listed, served and continued from no more. */
  readonly deletedAt: Date | null;
}

/** A name that requests are served under, and the version that serves them. */
export interface Deployment {
  readonly name: string;
  readonly incumbentVersionId: string | null;
  /** What a rollback goes back to. */
  readonly previousVersionId: string | null;
  /** Counts the changes of the deployment. */
  readonly revision: number;
  /** Counts the changes of what serves it, those of the share of a release included. */
  readonly servingRevision: number;
  readonly updatedAt: Date;
  /** A pinned deployment is changed by people only; null: it is not pinned. */
  readonly pinnedAt: Date | null;
  readonly pinnedBy: string | null;
  readonly pinReason: string | null;
}

/** What an API key may be used for; `admin` implies the others. */
export type ApiScope = 'completions' | 'training' | 'admin';

/** What a key may use of each replica; 0 sets no limit, null takes the default of the server. */
export interface ApiKeyLimits {
  readonly requestsPerMinute: number | null;
  /** Prompts and completions together. */
  readonly tokensPerMinute: number | null;
  readonly concurrentRequests: number | null;
}

/** An API key without its secret, which is shown once and never stored. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  /** The first characters of the key, to recognise it by. */
  readonly prefix: string;
  readonly scopes: readonly ApiScope[];
  readonly createdAt: Date;
  readonly createdBy: string;
  /** To the minute. */
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
  readonly limits: ApiKeyLimits;
}

/** A line of the record of who changed what. Lines are never changed or removed. */
export interface AuditEntry {
  readonly id: string;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly reason: string | null;
  readonly requestId: string | null;
  readonly data: JsonObject;
}

/** A generator process and what it has loaded. */
export interface Replica {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly port: number;
  readonly deployment: string;
  /** What requests for the deployment get. */
  readonly versionId: string | null;
  /** Every version that it has in memory, ready to serve. */
  readonly loadedVersionIds: readonly string[];
  /** Why it does not serve, or cannot load, what it should; null when all is well. */
  readonly problem: string | null;
  readonly ready: boolean;
  /** By the clock of the database. */
  readonly reportedAt: Date;
  /** How long ago that was when it was read, by the same clock. */
  readonly silentMs: number;
}
