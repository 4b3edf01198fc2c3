import type { Prisma, Transaction } from '#database';
import { CodedError } from '#errors';
import { fromJson, toJson } from '../json.repository.js';
import { pageArguments, sameId, toPage } from '../paging.js';
import type { Checkpoint, Page, PageRequest } from '../records.js';

const WITH_PRESET = { trainingRun: { select: { preset: true } } } as const;

type CheckpointRow = Prisma.CheckpointGetPayload<{ include: typeof WITH_PRESET }>;

function toCheckpoint({ trainingRun, removedAt: _, ...row }: CheckpointRow): Checkpoint {
  return {
    ...row,
    preset: trainingRun.preset,
    trainedTokens: Number(row.trainedTokens),
    hyperparameters: fromJson(row.hyperparameters),
    metrics: fromJson(row.metrics),
  };
}

export async function insertCheckpoint(
  client: Transaction,
  checkpoint: Omit<Checkpoint, 'preset' | 'createdAt'>,
): Promise<Checkpoint> {
  const { hyperparameters, metrics, ...rest } = checkpoint;
  const data = { ...rest, hyperparameters: toJson(hyperparameters), metrics: toJson(metrics) };
  return toCheckpoint(await client.checkpoint.create({ data, include: WITH_PRESET }));
}

/** The checkpoint of a run at a step, also one that has been removed. */
export async function findCheckpointAtStep(
  client: Transaction,
  trainingRunId: string,
  step: number,
): Promise<Checkpoint | null> {
  const where = { trainingRunId_step: { trainingRunId, step } };
  const row = await client.checkpoint.findUnique({ where, include: WITH_PRESET });
  return row && toCheckpoint(row);
}

/** A checkpoint that has not been removed, by its id or by the name that it is served under. */
export async function findCheckpointIfAny(client: Transaction, name: string): Promise<Checkpoint | null> {
  const where = { removedAt: null, OR: [{ id: name }, { modelId: name }] };
  const row = await client.checkpoint.findFirst({ where, include: WITH_PRESET });
  return row && toCheckpoint(row);
}

/** Checkpoints that have not been removed, the newest first: of one run, or of all. */
export async function findCheckpoints(
  client: Transaction,
  request: PageRequest & { readonly trainingRunId?: string | undefined },
): Promise<Page<Checkpoint>> {
  const { trainingRunId } = request;
  const rows = await client.checkpoint.findMany({
    where: { removedAt: null, ...(trainingRunId === undefined ? {} : { trainingRunId }) },
    orderBy: trainingRunId === undefined ? [{ createdAt: 'desc' }, { id: 'desc' }] : { step: 'desc' },
    include: WITH_PRESET,
    ...pageArguments(request, sameId),
  });
  return toPage(request, rows, toCheckpoint, async (id) => (await client.checkpoint.count({ where: { id } })) > 0);
}

/** The number of the next checkpoint of a run that the caller has locked. */
export async function nextCheckpointNumber(client: Transaction, trainingRunId: string): Promise<number> {
  return (await client.checkpoint.count({ where: { trainingRunId } })) + 1;
}

/** Keeps a checkpoint from being removed, or a run from being made of it, until the transaction ends. @throws model_not_found */
export async function lockCheckpoint(client: Transaction, id: string): Promise<Checkpoint> {
  await client.$executeRaw`SELECT 1 FROM "checkpoints" WHERE "id" = ${id} FOR UPDATE`;
  const checkpoint = await findCheckpointIfAny(client, id);
  if (checkpoint !== null) return checkpoint;
  throw new CodedError('model_not_found', `No checkpoint has the id ${JSON.stringify(id)}; it may have been removed.`, {
    param: 'model',
  });
}

/** What retention has to know of a checkpoint. */
export interface RetainedCheckpoint {
  readonly id: string;
  readonly number: number;
  readonly step: number;
  readonly validationLossNats: number;
  /** A run that has not ended continues from it. */
  readonly needed: boolean;
}

/** The checkpoints of a run that have not been removed, in the order of their steps; locked. */
export async function lockCheckpointsOf(client: Transaction, trainingRunId: string): Promise<RetainedCheckpoint[]> {
  await client.$executeRaw`
    SELECT 1 FROM "checkpoints" WHERE "training_run_id" = ${trainingRunId} AND "removed_at" IS NULL ORDER BY "id" FOR UPDATE`;
  const rows = await client.checkpoint.findMany({
    where: { trainingRunId, removedAt: null },
    orderBy: { step: 'asc' },
    include: { derivedRuns: { where: { finishedAt: null }, select: { id: true }, take: 1 } },
  });
  return rows.map(({ id, number, step, validationLossNats, derivedRuns }) => ({
    id,
    number,
    step,
    validationLossNats,
    needed: derivedRuns.length > 0,
  }));
}

/** Gives checkpoints up: from now on they are neither listed nor served. */
export async function markCheckpointsRemoved(client: Transaction, ids: readonly string[]): Promise<void> {
  await client.$executeRaw`UPDATE "checkpoints" SET "removed_at" = now() WHERE "id" = ANY(${[...ids]})`;
}

/** The runs that have a checkpoint which is neither the best nor the last nor a `keepEvery`-th. */
export async function findRunsToPrune(client: Transaction, keepEvery: number): Promise<string[]> {
  const rows = await client.$queryRaw<{ id: string }[]>`
    SELECT DISTINCT "training_run_id" AS "id" FROM (
      SELECT "training_run_id", "number",
        row_number() OVER (PARTITION BY "training_run_id" ORDER BY "validation_loss_nats", "step") AS "rank",
        row_number() OVER (PARTITION BY "training_run_id" ORDER BY "step" DESC) AS "age"
      FROM "checkpoints" WHERE "removed_at" IS NULL) c
    WHERE "rank" > 1 AND "age" > 1 AND (${keepEvery} = 0 OR "number" % greatest(${keepEvery}, 1) <> 0)`;
  return rows.map(({ id }) => id);
}
