import type { Database } from '#database';
import type { ErrorCode } from '#errors';
import { findApiKeys } from './api-keys/api-key.repository.js';
import { changeApiKey } from './api-keys/change-api-key.js';
import { createApiKey } from './api-keys/create-api-key.js';
import { revokeApiKey } from './api-keys/revoke-api-key.js';
import { verifyApiKey, type VerifiedApiKey } from './api-keys/verify-api-key.js';
import { findAuditEntries, type AuditQuery } from './audit/audit.repository.js';
import { Checkpoints } from './checkpoints/checkpoints.js';
import { findLiveArtifacts } from './checkpoints/live-artifacts.repository.js';
import {
  findCorpora,
  findCorpus,
  findCorpusReport,
  findUninspectedCorpora,
  updateInspectedCorpus,
} from './corpora/corpus.repository.js';
import { createCorpus } from './corpora/create-corpus.js';
import { deleteCorpus } from './corpora/delete-corpus.js';
import { findDeployment } from './deployments/deployment.repository.js';
import { promoteVersion } from './deployments/promote-version.js';
import { ensureDeployment, readServing, type Serving } from './deployments/read-serving.js';
import { rollbackDeployment } from './deployments/rollback-deployment.js';
import { Devices } from './devices/devices.js';
import { RepeatableRequests } from './idempotency/repeatable-requests.js';
import type {
  Actor,
  ApiKeyChange,
  NewApiKey,
  NewCorpus,
  NewImportedVersion,
  NewResultFile,
  NewRunEvent,
  NewTrainingRun,
  Promotion,
  ReplicaReport,
  Rollback,
  RunFailure,
  RunOutcome,
} from './inputs.js';
import { Lineages } from './lineage/lineages.js';
import { deleteVersion } from './model-versions/delete-version.js';
import { findModelVersion, findModelVersions, findRecordedVersion } from './model-versions/model-version.repository.js';
import { resolveModel } from './model-versions/resolve-model.js';
import type {
  ApiKey,
  AuditEntry,
  Corpus,
  Deployment,
  JsonObject,
  LiveArtifacts,
  ModelVersion,
  Page,
  PageRequest,
  Replica,
  RunEvent,
  ServableModel,
  TrainingRun,
} from './records.js';
import { Releases } from './releases/releases.js';
import { deleteLostReplicas, deleteReplica, findReplicas, upsertReplica } from './replicas/replica.repository.js';
import { findOrMakeSigningKey } from './signing-keys/signing-key.repository.js';
import { importVersion } from './model-versions/import-version.js';
import { attachResultFile } from './training-runs/attach-result-file.js';
import { completeRun } from './training-runs/complete-run.js';
import { createTrainingRun } from './training-runs/create-training-run.js';
import { cancelRun, failRun } from './training-runs/end-run.js';
import { loseRun, releaseRun, requeueLostRuns } from './training-runs/release-run.js';
import { addRunEvent, heartbeatRun, recordProgress, recordSavedStep } from './training-runs/report-run.js';
import { requestCancel } from './training-runs/request-cancel.js';
import { requestPause, requestResume } from './training-runs/request-pause.js';
import { findRunEvents, type RunEventQuery } from './training-runs/run-event.repository.js';
import { RunMeasurements } from './training-runs/run-measurements.js';
import { startRun } from './training-runs/start-run.js';
import {
  findTrainingRun,
  findTrainingRuns,
  type RunQuery,
  type RunOrder,
} from './training-runs/training-run.repository.js';
import type { ModelVersionState } from './transitions.js';
import { UpgradeExperiments } from './upgrade-experiments/upgrade-experiments.js';
import { Webhooks } from './webhooks/webhooks.js';

/** What a registry may be told. */
export interface RegistryOptions {
  /** More names for models: alias -> version id, deployment or preset. */
  readonly aliases?: Readonly<Record<string, string>>;
}

/**
 * Corpora, training runs, model versions, deployments, keys and audit. Each method is one use case in one transaction;
 * what it does and throws stands in the file that it is imported from. Lists have their newest item first unless stated.
 *
 * Every method throws `database_unavailable` when the database cannot be reached.
 */
export class Registry {
  readonly checkpoints: Checkpoints;
  readonly devices: Devices;
  readonly lineages: Lineages;
  readonly measurements: RunMeasurements;
  readonly releases: Releases;
  readonly repeatableRequests: RepeatableRequests;
  readonly upgradeExperiments: UpgradeExperiments;
  readonly webhooks: Webhooks;
  readonly #database: Database;
  readonly #aliases: Readonly<Record<string, string>>;

  /** @param database opened, migrated and closed by the caller */
  constructor(database: Database, options: RegistryOptions = {}) {
    this.#database = database;
    this.checkpoints = new Checkpoints(database);
    this.devices = new Devices(database);
    this.lineages = new Lineages(database);
    this.measurements = new RunMeasurements(database);
    this.releases = new Releases(database);
    this.repeatableRequests = new RepeatableRequests(database);
    this.upgradeExperiments = new UpgradeExperiments(database);
    this.webhooks = new Webhooks(database);
    this.#aliases = options.aliases ?? {};
  }

  createCorpus(corpus: NewCorpus): Promise<Corpus> {
    return createCorpus(this.#database, corpus);
  }

  listCorpora(page: PageRequest & { readonly purpose?: string | undefined } = {}): Promise<Page<Corpus>> {
    return this.#database.query((client) => findCorpora(client, page));
  }

  /** @throws file_not_found */
  getCorpus(id: string): Promise<Corpus> {
    return this.#database.query((client) => findCorpus(client, id));
  }

  /** @throws file_not_found */
  getCorpusReport(id: string): Promise<{ readonly corpus: Corpus; readonly report: JsonObject | null }> {
    return this.#database.query((client) => findCorpusReport(client, id));
  }

  /** Files that nobody has looked at yet, the oldest first. */
  listUninspectedCorpora(limit: number): Promise<readonly Corpus[]> {
    return this.#database.query((client) => findUninspectedCorpora(client, limit));
  }

  /** Writes what is in a file, or why nothing can be trained on it; the first to say so is right. */
  recordInspection(
    id: string,
    found: { readonly report: JsonObject } | { readonly errorCode: ErrorCode; readonly errorMessage: string },
  ): Promise<void> {
    return this.#database.query((client) => updateInspectedCorpus(client, id, found));
  }

  deleteCorpus(
    id: string,
    actor: string,
    requestId?: string,
  ): Promise<{ readonly corpus: Corpus; readonly bytesUnused: boolean }> {
    return deleteCorpus(this.#database, id, { actor, requestId: requestId ?? null });
  }

  createTrainingRun(run: NewTrainingRun): Promise<TrainingRun> {
    return createTrainingRun(this.#database, run);
  }

  listTrainingRuns(page: RunQuery = {}): Promise<Page<TrainingRun>> {
    return this.#database.query((client) => findTrainingRuns(client, page));
  }

  /** @throws job_not_found */
  getTrainingRun(id: string): Promise<TrainingRun> {
    return this.#database.query((client) => findTrainingRun(client, id));
  }

  startRun(id: string): Promise<{ readonly run: TrainingRun; readonly fence: number }> {
    return startRun(this.#database, id);
  }

  heartbeat(id: string, fence: number): Promise<RunOrder> {
    return heartbeatRun(this.#database, id, fence);
  }

  recordSavedStep(id: string, fence: number, step: number): Promise<void> {
    return recordSavedStep(this.#database, id, fence, step);
  }

  recordProgress(id: string, fence: number, progress: JsonObject, trainedTokens: number): Promise<void> {
    return recordProgress(this.#database, id, fence, progress, trainedTokens);
  }

  /** Adds an event for people; changes of state write their own. */
  addRunEvent(id: string, event: NewRunEvent, fence?: number): Promise<RunEvent> {
    return addRunEvent(this.#database, id, event, fence);
  }

  /** Oldest first unless `order` is `desc`. @throws job_not_found */
  listRunEvents(id: string, page: RunEventQuery = {}): Promise<Page<RunEvent>> {
    return this.#database.query(async (client) => {
      await findTrainingRun(client, id);
      return findRunEvents(client, id, page);
    });
  }

  requestCancel(id: string): Promise<TrainingRun> {
    return requestCancel(this.#database, id);
  }

  requestPause(id: string): Promise<TrainingRun> {
    return requestPause(this.#database, id);
  }

  requestResume(id: string): Promise<TrainingRun> {
    return requestResume(this.#database, id);
  }

  cancelRun(id: string, fence: number): Promise<TrainingRun> {
    return cancelRun(this.#database, id, fence);
  }

  failRun(id: string, fence: number, failure: RunFailure): Promise<TrainingRun> {
    return failRun(this.#database, id, fence, failure);
  }

  releaseRun(id: string, fence: number): Promise<TrainingRun> {
    return releaseRun(this.#database, id, fence);
  }

  loseRun(id: string, fence: number, failure: RunFailure): Promise<TrainingRun> {
    return loseRun(this.#database, id, fence, failure);
  }

  requeueLostRuns(olderThanMs: number): Promise<readonly TrainingRun[]> {
    return requeueLostRuns(this.#database, olderThanMs);
  }

  attachResultFile(id: string, fence: number | null, file: NewResultFile): Promise<Corpus> {
    return attachResultFile(this.#database, id, fence, file);
  }

  completeRun(id: string, fence: number, outcome: RunOutcome): Promise<ModelVersion> {
    return completeRun(this.#database, id, fence, outcome);
  }

  /** @throws invalid_value */
  importVersion(imported: NewImportedVersion): Promise<ModelVersion> {
    return importVersion(this.#database, imported);
  }

  /** The stored bytes that something needs; checkpoints removed within `removedWithinMs` count among them. */
  listLiveArtifacts(options: { readonly removedWithinMs: number }): Promise<LiveArtifacts> {
    return this.#database.query((client) => findLiveArtifacts(client, options.removedWithinMs));
  }

  listModelVersions(
    page: PageRequest & {
      readonly preset?: string | undefined;
      readonly state?: ModelVersionState | undefined;
    } = {},
  ): Promise<Page<ModelVersion>> {
    return this.#database.query((client) => findModelVersions(client, page));
  }

  /** @throws model_not_found */
  getModelVersion(id: string): Promise<ModelVersion> {
    return this.#database.query((client) => findModelVersion(client, id));
  }

  /** Also one that was deleted. @throws model_not_found */
  getRecordedVersion(id: string): Promise<ModelVersion> {
    return this.#database.query((client) => findRecordedVersion(client, id));
  }

  deleteModelVersion(id: string, actor: Actor): Promise<ModelVersion> {
    return deleteVersion(this.#database, id, actor);
  }

  resolveModel(name: string): Promise<ServableModel> {
    return this.#database.query((client) => resolveModel(client, name, this.#aliases));
  }

  /** Makes the deployment, without a version, unless it is there: for the replica that is configured to serve it. */
  ensureDeployment(name: string): Promise<Deployment> {
    return ensureDeployment(this.#database, name);
  }

  /** @throws deployment_not_found */
  getDeployment(name: string): Promise<Deployment> {
    return this.#database.query((client) => findDeployment(client, name));
  }

  /** What replicas follow. @throws deployment_not_found */
  readServing(name: string): Promise<Serving> {
    return readServing(this.#database, name);
  }

  promote(promotion: Promotion): Promise<Deployment> {
    return promoteVersion(this.#database, promotion);
  }

  rollback(rollback: Rollback): Promise<Deployment> {
    return rollbackDeployment(this.#database, rollback);
  }

  /** A key of 32 bytes that all processes share, by what is signed with it. */
  signingKey(name: string): Promise<Uint8Array> {
    return this.#database.transaction((tx) => findOrMakeSigningKey(tx, name));
  }

  createApiKey(key: NewApiKey): Promise<{ readonly id: string; readonly key: string }> {
    return createApiKey(this.#database, key);
  }

  verifyApiKey(key: string): Promise<VerifiedApiKey | null> {
    return verifyApiKey(this.#database, key);
  }

  listApiKeys(page: PageRequest = {}): Promise<Page<ApiKey>> {
    return this.#database.query((client) => findApiKeys(client, page));
  }

  changeApiKey(change: ApiKeyChange): Promise<ApiKey> {
    return changeApiKey(this.#database, change);
  }

  revokeApiKey(id: string, actor: Actor): Promise<void> {
    return revokeApiKey(this.#database, id, actor);
  }

  listAudit(page: AuditQuery = {}): Promise<Page<AuditEntry>> {
    return this.#database.query((client) => findAuditEntries(client, page));
  }

  reportReplica(report: ReplicaReport): Promise<void> {
    return this.#database.query((client) => upsertReplica(client, report));
  }

  /** For a replica that stops. */
  removeReplica(id: string): Promise<void> {
    return this.#database.query((client) => deleteReplica(client, id));
  }

  /** Forgets replicas that were killed. */
  pruneReplicas(): Promise<void> {
    return this.#database.query((client) => deleteLostReplicas(client));
  }

  listReplicas(page: PageRequest = {}): Promise<Page<Replica>> {
    return this.#database.query((client) => findReplicas(client, page));
  }
}
