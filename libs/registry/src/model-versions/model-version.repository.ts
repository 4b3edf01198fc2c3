import type { Prisma, Transaction } from '#database';
import { CodedError } from '#errors';
import { fromJson, toJson } from '../json.repository.js';
import type { VersionUse } from '../lineage/lineage.js';
import { pageArguments, sameId, toPage } from '../paging.js';
import type { ModelVersion, Page, PageRequest } from '../records.js';
import type { ModelVersionState } from '../transitions.js';

function toModelVersion(row: Prisma.ModelVersionGetPayload<object>): ModelVersion {
  return {
    ...row,
    state: row.state as ModelVersionState,
    seed: Number(row.seed),
    parameters: Number(row.parameters),
    trainedTokens: Number(row.trainedTokens),
    hyperparameters: fromJson(row.hyperparameters),
    metrics: fromJson(row.metrics),
    importedFrom: row.importedFrom === null ? null : fromJson(row.importedFrom),
  };
}

export async function insertModelVersion(
  client: Transaction,
  version: Omit<ModelVersion, 'createdAt' | 'deletedAt'>,
): Promise<ModelVersion> {
  const { hyperparameters, metrics, importedFrom, ...rest } = version;
  const data = {
    ...rest,
    hyperparameters: toJson(hyperparameters),
    metrics: toJson(metrics),
    ...(importedFrom && { importedFrom: toJson(importedFrom) }),
  };
  return toModelVersion(await client.modelVersion.create({ data }));
}

/** The number of the next version of a preset. Two runs that end together wait for each other. */
export async function nextVersionNumber(client: Transaction, preset: string): Promise<number> {
  await client.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`model_versions:${preset}`}, 0))`;
  const { _max } = await client.modelVersion.aggregate({ where: { preset }, _max: { number: true } });
  return (_max.number ?? 0) + 1;
}

/** A version that is not deleted. @throws model_not_found */
export async function findModelVersion(client: Transaction, id: string): Promise<ModelVersion> {
  const version = await findRecordedVersion(client, id);
  if (version.deletedAt === null) return version;
  throw new CodedError(
    'model_not_found',
    `The model version ${id} was deleted on ${version.deletedAt.toISOString()}; train it again or name another one.`,
    { param: 'model' },
  );
}

/** A version, also one that was deleted. @throws model_not_found */
export async function findRecordedVersion(client: Transaction, id: string): Promise<ModelVersion> {
  const row = await client.modelVersion.findUnique({ where: { id } });
  if (row !== null) return toModelVersion(row);
  throw new CodedError('model_not_found', `No model version has the id ${JSON.stringify(id)}.`, { param: 'model' });
}

/** A version if it exists and is not deleted. */
export async function findModelVersionIfAny(client: Transaction, id: string): Promise<ModelVersion | null> {
  const row = await client.modelVersion.findUnique({ where: { id, deletedAt: null } });
  return row && toModelVersion(row);
}

export async function findNewestReleased(client: Transaction, preset: string): Promise<ModelVersion | null> {
  const row = await client.modelVersion.findFirst({
    where: { preset, state: 'released' },
    orderBy: { number: 'desc' },
  });
  return row && toModelVersion(row);
}

export async function findModelVersions(
  client: Transaction,
  request: PageRequest & { readonly preset?: string | undefined; readonly state?: ModelVersionState | undefined },
): Promise<Page<ModelVersion>> {
  const { preset, state } = request;
  const rows = await client.modelVersion.findMany({
    where: {
      deletedAt: null,
      ...(preset === undefined ? {} : { preset }),
      ...(state === undefined ? {} : { state }),
    },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    ...pageArguments(request, sameId),
  });
  return toPage(request, rows, toModelVersion, async (id) => (await client.modelVersion.count({ where: { id } })) > 0);
}

/** Keeps the states of versions until the transaction ends; in one order everywhere, so that no two wait for each other. */
export async function lockModelVersions(client: Transaction, ids: readonly string[]): Promise<void> {
  await client.$executeRaw`
    SELECT 1 FROM "model_versions" WHERE "id" = ANY(${[...ids]}) ORDER BY "id" FOR NO KEY UPDATE`;
}

export async function setModelVersionState(client: Transaction, id: string, state: ModelVersionState): Promise<void> {
  await client.modelVersion.update({ where: { id }, data: { state } });
}

export async function markVersionDeleted(client: Transaction, id: string): Promise<void> {
  await client.modelVersion.update({ where: { id }, data: { deletedAt: new Date() } });
}

/** What of the registry needs the bytes of a version. */
export async function findVersionUse(client: Transaction, id: string): Promise<VersionUse> {
  const deployment = await client.deployment.findFirst({
    where: { OR: [{ incumbentVersionId: id }, { previousVersionId: id }] },
  });
  const release = await client.release.findFirst({
    where: { endedAt: null, OR: [{ candidateVersionId: id }, { incumbentVersionId: id }] },
    select: { id: true },
  });
  const run = await client.trainingRun.findFirst({ where: { baseVersionId: id, finishedAt: null } });
  const made = { modelVersion: { id } };
  const experiment = await client.upgradeExperiment.findFirst({
    where: { finishedAt: null, OR: [{ fromRun: made }, { toRun: made }, { fallbackRun: made }] },
    select: { id: true },
  });
  return {
    deployment: deployment?.name ?? null,
    release: release?.id ?? null,
    trainingRun: run?.id ?? null,
    upgradeExperiment: experiment?.id ?? null,
  };
}
