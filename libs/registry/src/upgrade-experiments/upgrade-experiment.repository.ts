import { Prisma, type Transaction } from '#database';
import { CodedError, isErrorCode } from '#errors';
import { fromJson, toJson } from '../json.repository.js';
import { pageArguments, sameId, toPage } from '../paging.js';
import type { JsonObject, Page, PageRequest, RunError } from '../records.js';
import type { UpgradeExperimentState } from '../transitions.js';
import type { UpgradeExperiment } from './upgrade-experiment.js';

/** The report is long; it is read by {@link findExperimentReport} alone. */
const WITHOUT_REPORT = { report: true, claimedUntil: true } as const;

type ExperimentRow = Omit<Prisma.UpgradeExperimentGetPayload<object>, keyof typeof WITHOUT_REPORT>;

function toExperiment(row: ExperimentRow): UpgradeExperiment {
  const { errorCode, errorMessage, errorParam, releaseDeployment, releasePolicy, ...rest } = row;
  const orNull = (value: Prisma.JsonValue): JsonObject | null => (value === null ? null : fromJson(value));
  return {
    ...rest,
    state: row.state as UpgradeExperimentState,
    seed: Number(row.seed),
    hyperparameters: fromJson(row.hyperparameters),
    presetHyperparameters: fromJson(row.presetHyperparameters) as UpgradeExperiment['presetHyperparameters'],
    metadata: fromJson(row.metadata) as UpgradeExperiment['metadata'],
    progress: orNull(row.progress),
    advice: orNull(row.advice),
    release:
      releaseDeployment === null ? null : { deployment: releaseDeployment, policyName: releasePolicy ?? 'default' },
    error: toError(errorCode, errorMessage, errorParam),
  };
}

function toError(code: string | null, message: string | null, param: string | null): RunError | null {
  if (code === null) return null;
  // A code that was taken out of the catalogue since then.
  return { code: isErrorCode(code) ? code : 'server_error', message: message ?? '', param };
}

/** The columns of a new experiment. */
export type UpgradeExperimentInsert = Omit<
  UpgradeExperiment,
  | 'fallbackRunId'
  | 'releaseId'
  | 'attempt'
  | 'fence'
  | 'progress'
  | 'advice'
  | 'verdict'
  | 'error'
  | 'createdAt'
  | 'finishedAt'
>;

export async function insertExperiment(
  client: Transaction,
  experiment: UpgradeExperimentInsert,
): Promise<UpgradeExperiment> {
  const { hyperparameters, presetHyperparameters, metadata, release, ...rest } = experiment;
  const data = {
    ...rest,
    releaseDeployment: release?.deployment ?? null,
    releasePolicy: release?.policyName ?? null,
    hyperparameters: toJson(hyperparameters),
    presetHyperparameters: toJson(presetHyperparameters),
    metadata: toJson(metadata),
  };
  return toExperiment(await client.upgradeExperiment.create({ data, omit: WITHOUT_REPORT }));
}

/** @throws experiment_not_found */
export async function findExperiment(client: Transaction, id: string): Promise<UpgradeExperiment> {
  const row = await client.upgradeExperiment.findUnique({ where: { id }, omit: WITHOUT_REPORT });
  if (row !== null) return toExperiment(row);
  throw new CodedError('experiment_not_found', `No upgrade experiment has the id ${JSON.stringify(id)}.`);
}

/** Reads an experiment that nobody else can change until the transaction ends. @throws experiment_not_found */
export async function lockExperiment(client: Transaction, id: string): Promise<UpgradeExperiment> {
  await client.$executeRaw`SELECT 1 FROM "upgrade_experiments" WHERE "id" = ${id} FOR NO KEY UPDATE`;
  return findExperiment(client, id);
}

export async function findExperiments(client: Transaction, request: PageRequest): Promise<Page<UpgradeExperiment>> {
  const rows = await client.upgradeExperiment.findMany({
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    omit: WITHOUT_REPORT,
    ...pageArguments(request, sameId),
  });
  return toPage(
    request,
    rows,
    toExperiment,
    async (id) => (await client.upgradeExperiment.count({ where: { id } })) > 0,
  );
}

/** Those that have not ended, oldest first. */
export async function findOpenExperiments(client: Transaction): Promise<UpgradeExperiment[]> {
  const rows = await client.upgradeExperiment.findMany({
    where: { finishedAt: null },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    omit: WITHOUT_REPORT,
  });
  return rows.map(toExperiment);
}

/** The newest report of an experiment, if there is one. */
export async function findExperimentReport(client: Transaction, id: string): Promise<JsonObject | null> {
  const row = await client.upgradeExperiment.findUnique({ where: { id }, select: { report: true } });
  return row === null || row.report === null ? null : fromJson(row.report);
}

/** The columns that a step of an experiment may set. */
export interface UpgradeExperimentUpdate {
  readonly state?: UpgradeExperimentState;
  readonly fromRunId?: string;
  readonly toRunId?: string;
  readonly fallbackRunId?: string;
  readonly attempt?: number;
  readonly fence?: number;
  readonly claimedUntil?: null;
  readonly progress?: null;
  readonly advice?: JsonObject;
  readonly verdict?: string;
  readonly releaseId?: string;
  readonly report?: JsonObject;
  readonly error?: RunError;
  readonly finishedAt?: Date;
}

export async function updateExperiment(
  client: Transaction,
  id: string,
  update: UpgradeExperimentUpdate,
): Promise<UpgradeExperiment> {
  const { error, advice, report, progress, ...rest } = update;
  const data = {
    ...rest,
    ...(advice && { advice: toJson(advice) }),
    ...(report && { report: toJson(report) }),
    ...(progress === null && { progress: Prisma.DbNull }),
    ...(error && { errorCode: error.code, errorMessage: error.message, errorParam: error.param }),
  };
  return toExperiment(await client.upgradeExperiment.update({ where: { id }, data, omit: WITHOUT_REPORT }));
}

/** Gives a stage to the caller for `holdMs` by the database's clock, unless somebody has it. */
export async function claimExperiment(
  client: Transaction,
  id: string,
  state: UpgradeExperimentState,
  holdMs: number,
): Promise<boolean> {
  const changed = await client.$executeRaw`
    UPDATE "upgrade_experiments"
    SET "attempt" = "attempt" + 1, "fence" = "fence" + 1, "claimed_until" = now() + ${holdMs} * interval '1 millisecond'
    WHERE "id" = ${id} AND "state" = ${state} AND ("claimed_until" IS NULL OR "claimed_until" < now())`;
  return changed > 0;
}

/** Keeps a stage for another `holdMs` and stores how far it is; false when it is not the caller's any more. */
export async function renewExperimentClaim(
  client: Transaction,
  id: string,
  fence: number,
  holdMs: number,
  progress: JsonObject | null,
): Promise<boolean> {
  const changed = await client.$executeRaw`
    UPDATE "upgrade_experiments"
    SET "claimed_until" = now() + ${holdMs} * interval '1 millisecond', "progress" = ${progress === null ? null : JSON.stringify(progress)}::jsonb
    WHERE "id" = ${id} AND "fence" = ${fence} AND "finished_at" IS NULL`;
  return changed > 0;
}
