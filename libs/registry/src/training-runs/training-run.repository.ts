import { Prisma, type Transaction } from '#database';
import { CodedError, isErrorCode } from '#errors';
import { fromJson, toJson } from '../json.repository.js';
import { pageArguments, sameId, toPage } from '../paging.js';
import type { JsonObject, Page, PageRequest, RunError, TrainingRun } from '../records.js';
import type { TrainingRunState } from '../transitions.js';

// One relation only: Prisma asks for several at the same time, which one connection in a transaction must not be asked to do.
const WITH_BASE = { baseCheckpoint: { select: { modelId: true } } } as const;

type TrainingRunRow = Prisma.TrainingRunGetPayload<{ include: typeof WITH_BASE }>;

function toTrainingRun(row: TrainingRunRow): TrainingRun {
  const { errorCode, errorMessage, errorParam, baseCheckpoint, ...rest } = row;
  return {
    ...rest,
    state: row.state as TrainingRunState,
    desiredState: row.desiredState as TrainingRun['desiredState'],
    seed: Number(row.seed),
    trainedTokens: Number(row.trainedTokens),
    runMs: Number(row.runMs),
    hyperparameters: fromJson(row.hyperparameters),
    metadata: fromJson(row.metadata) as TrainingRun['metadata'],
    progress: row.progress === null ? null : fromJson(row.progress),
    modelVersionId: row.state === 'succeeded' ? row.modelId : null,
    baseModelId: row.baseVersionId ?? baseCheckpoint?.modelId ?? null,
    error: toRunError(errorCode, errorMessage, errorParam),
  };
}

function toRunError(code: string | null, message: string | null, param: string | null): RunError | null {
  if (code === null) return null;
  // A code that was taken out of the catalogue since then.
  return { code: isErrorCode(code) ? code : 'server_error', message: message ?? '', param };
}

/** The columns of a new run. */
export type TrainingRunInsert = Pick<
  TrainingRun,
  | 'id'
  | 'state'
  | 'corpusId'
  | 'validationCorpusId'
  | 'preset'
  | 'baseVersionId'
  | 'baseCheckpointId'
  | 'suffix'
  | 'modelId'
  | 'seed'
  | 'hyperparameters'
  | 'metadata'
  | 'traceParent'
>;

export async function insertTrainingRun(client: Transaction, run: TrainingRunInsert): Promise<TrainingRun> {
  const { hyperparameters, metadata, ...rest } = run;
  const data = { ...rest, hyperparameters: toJson(hyperparameters), metadata: toJson(metadata) };
  return toTrainingRun(await client.trainingRun.create({ data, include: WITH_BASE }));
}

/** @throws job_not_found */
export async function findTrainingRun(client: Transaction, id: string): Promise<TrainingRun> {
  const row = await client.trainingRun.findUnique({ where: { id }, include: WITH_BASE });
  if (row !== null) return toTrainingRun(row);
  throw new CodedError('job_not_found', `No fine-tuning job has the id ${JSON.stringify(id)}.`);
}

/** Reads a run that nobody else can change until the transaction ends. @throws job_not_found */
export async function lockTrainingRun(client: Transaction, id: string): Promise<TrainingRun> {
  await client.$executeRaw`SELECT 1 FROM "training_runs" WHERE "id" = ${id} FOR NO KEY UPDATE`;
  return findTrainingRun(client, id);
}

/** Which runs are wanted. */
export interface RunQuery extends PageRequest {
  readonly state?: TrainingRunState | undefined;
  /** Those with these texts among their metadata; `null`: without any. */
  readonly metadata?: TrainingRun['metadata'] | null | undefined;
}

export async function findTrainingRuns(client: Transaction, request: RunQuery): Promise<Page<TrainingRun>> {
  const { state, metadata } = request;
  const texts = Object.entries(metadata ?? {}).map(([key, text]) => ({ metadata: { path: [key], equals: text } }));
  const rows = await client.trainingRun.findMany({
    where: {
      ...(state === undefined ? {} : { state }),
      AND: metadata === null ? [{ metadata: { equals: {} } }] : texts,
    },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    include: WITH_BASE,
    ...pageArguments(request, sameId),
  });
  return toPage(request, rows, toTrainingRun, async (id) => (await client.trainingRun.count({ where: { id } })) > 0);
}

/** The columns that a change of state may set. */
export interface TrainingRunUpdate {
  readonly state?: TrainingRunState;
  readonly desiredState?: TrainingRun['desiredState'];
  readonly attempt?: number;
  readonly fence?: number;
  readonly fruitlessAttempts?: number;
  readonly startedAt?: Date;
  readonly finishedAt?: Date;
  readonly heartbeatAt?: Date | null;
  readonly trainedTokens?: number;
  readonly error?: RunError;
}

export async function updateTrainingRun(
  client: Transaction,
  id: string,
  update: TrainingRunUpdate,
): Promise<TrainingRun> {
  const { error, ...rest } = update;
  const errorColumns = error && { errorCode: error.code, errorMessage: error.message, errorParam: error.param };
  const row = await client.trainingRun.update({
    where: { id },
    data: { ...rest, ...errorColumns },
    include: WITH_BASE,
  });
  return toTrainingRun(row);
}

/** What a worker learns from its heartbeat. */
export type RunOrder = Pick<TrainingRun, 'desiredState' | 'runMs'>;

/** Time since the last heartbeat, in whole milliseconds: what is added to `run_ms` with each new one. */
const SINCE_HEARTBEAT = Prisma.sql`greatest(0, extract(epoch FROM now() - "heartbeat_at") * 1000)::bigint`;

/** Sets the heartbeat by the database's clock; `null` when no running run has this id and fence. */
export async function touchTrainingRun(client: Transaction, id: string, fence: number): Promise<RunOrder | null> {
  const rows = await client.$queryRaw<{ desired_state: RunOrder['desiredState']; run_ms: bigint }[]>`
    UPDATE "training_runs" SET "run_ms" = "run_ms" + ${SINCE_HEARTBEAT}, "heartbeat_at" = now()
    WHERE "id" = ${id} AND "fence" = ${fence} AND "state" = 'running' RETURNING "desired_state", "run_ms"`;
  return rows[0] ? { desiredState: rows[0].desired_state, runMs: Number(rows[0].run_ms) } : null;
}

/** Notes a saved training state; `false` when no running run has this id and fence. */
export async function updateSavedStep(client: Transaction, id: string, fence: number, step: number): Promise<boolean> {
  const changed = await client.$executeRaw`
    UPDATE "training_runs"
    SET "saved_step" = ${step}, "fruitless_attempts" = CASE WHEN "saved_step" = ${step} THEN "fruitless_attempts" ELSE 0 END
    WHERE "id" = ${id} AND "fence" = ${fence} AND "state" = 'running'`;
  return changed > 0;
}

/** Sets progress and heartbeat; `false` when no running run has this id and fence. */
export async function updateProgress(
  client: Transaction,
  id: string,
  fence: number,
  progress: JsonObject,
  trainedTokens: number,
): Promise<boolean> {
  const changed = await client.$executeRaw`
    UPDATE "training_runs"
    SET "progress" = ${JSON.stringify(progress)}::jsonb, "trained_tokens" = ${BigInt(trainedTokens)},
        "run_ms" = "run_ms" + ${SINCE_HEARTBEAT}, "heartbeat_at" = now()
    WHERE "id" = ${id} AND "fence" = ${fence} AND "state" = 'running'`;
  return changed > 0;
}

/** The ids of running runs whose worker has been silent for longer than `olderThanMs`, by the database's clock; locked. */
export async function lockSilentRuns(client: Transaction, olderThanMs: number): Promise<string[]> {
  const rows = await client.$queryRaw<{ id: string }[]>`
    SELECT "id" FROM "training_runs"
    WHERE "state" = 'running' AND "heartbeat_at" < now() - ${olderThanMs} * interval '1 millisecond'
    ORDER BY "id" FOR NO KEY UPDATE SKIP LOCKED`;
  return rows.map(({ id }) => id);
}
