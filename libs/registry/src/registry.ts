import type { Database } from '#database';
import type { ModelVersionState, TrainingRunState } from './transitions.js';
import type {
  ApiKey,
  ApiScope,
  AuditEntry,
  Corpus,
  Deployment,
  JsonObject,
  ModelVersion,
  Page,
  PageRequest,
  Replica,
  RunEvent,
  TrainingRun,
} from './records.js';
import type {
  NewApiKey,
  NewCorpus,
  NewRunEvent,
  NewTrainingRun,
  Promotion,
  ReplicaReport,
  Rollback,
  RunFailure,
  RunOutcome,
} from './inputs.js';

export declare class Registry {
  constructor(database: Database, options?: { readonly aliases?: Readonly<Record<string, string>> });

  createCorpus(corpus: NewCorpus): Promise<Corpus>;
  listCorpora(page?: PageRequest & { readonly purpose?: string | undefined }): Promise<Page<Corpus>>;
  getCorpus(id: string): Promise<Corpus>;
  deleteCorpus(id: string, actor: string): Promise<{ readonly corpus: Corpus; readonly bytesUnused: boolean }>;

  createTrainingRun(run: NewTrainingRun): Promise<TrainingRun>;
  listTrainingRuns(page?: PageRequest & { readonly state?: TrainingRunState | undefined }): Promise<Page<TrainingRun>>;
  getTrainingRun(id: string): Promise<TrainingRun>;
  startRun(id: string): Promise<{ readonly run: TrainingRun; readonly fence: number }>;
  heartbeat(id: string, fence: number): Promise<{ readonly desiredState: TrainingRun['desiredState'] }>;
  recordProgress(id: string, fence: number, progress: JsonObject, trainedTokens: number): Promise<void>;
  /** Unfenced: the launcher and the sweep also write events. */
  addRunEvent(id: string, event: NewRunEvent): Promise<RunEvent>;
  listRunEvents(id: string, page?: PageRequest): Promise<Page<RunEvent>>;
  requestCancel(id: string): Promise<TrainingRun>;
  cancelRun(id: string, fence: number): Promise<TrainingRun>;
  failRun(id: string, fence: number, failure: RunFailure): Promise<TrainingRun>;
  /** running -> queued by its own worker (SIGTERM). */
  requeueRun(id: string, fence: number): Promise<TrainingRun>;
  /** Runs whose worker has been silent for longer: queued again, or ended when they were to be cancelled or died too often. */
  requeueLostRuns(olderThanMs: number): Promise<readonly TrainingRun[]>;
  completeRun(id: string, fence: number, outcome: RunOutcome): Promise<ModelVersion>;

  listModelVersions(
    page?: PageRequest & { readonly preset?: string | undefined; readonly state?: ModelVersionState | undefined },
  ): Promise<Page<ModelVersion>>;
  getModelVersion(id: string): Promise<ModelVersion>;
  resolveModel(name: string): Promise<ModelVersion>;

  ensureDeployment(name: string): Promise<Deployment>;
  getDeployment(name: string): Promise<Deployment>;
  promote(promotion: Promotion): Promise<Deployment>;
  rollback(rollback: Rollback): Promise<Deployment>;

  createApiKey(key: NewApiKey): Promise<{ readonly id: string; readonly key: string }>;
  verifyApiKey(
    key: string,
  ): Promise<{ readonly id: string; readonly name: string; readonly scopes: readonly ApiScope[] } | null>;
  listApiKeys(page?: PageRequest): Promise<Page<ApiKey>>;
  revokeApiKey(id: string, actor: string): Promise<void>;

  listAudit(page?: PageRequest & { readonly subject?: string | undefined }): Promise<Page<AuditEntry>>;

  reportReplica(report: ReplicaReport): Promise<void>;
  removeReplica(id: string): Promise<void>;
  listReplicas(page?: PageRequest): Promise<Page<Replica>>;
}
