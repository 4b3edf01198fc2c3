import type { Prisma, Transaction } from '#database';

const CORPUS = { select: { id: true, filename: true, status: true, createdAt: true, deletedAt: true } } as const;

const WITH_ORIGIN = {
  id: true,
  preset: true,
  number: true,
  state: true,
  createdAt: true,
  deletedAt: true,
  baseVersionId: true,
  baseCheckpoint: { select: { trainingRun: { select: { modelVersion: { select: { id: true } } } } } },
  servedBy: { select: { name: true, updatedAt: true } },
  trainingRun: {
    select: { id: true, preset: true, state: true, createdAt: true, corpus: CORPUS, validationCorpus: CORPUS },
  },
} as const satisfies Prisma.ModelVersionSelect;

/** A version with the run that made it, the texts of that run, and what it serves. */
export type LineageVersion = Prisma.ModelVersionGetPayload<{ select: typeof WITH_ORIGIN }>;

export function findLineageVersion(client: Transaction, id: string): Promise<LineageVersion | null> {
  return client.modelVersion.findUnique({ where: { id }, select: WITH_ORIGIN });
}

/** Versions that were continued from a version, or from a checkpoint of the run that made it, the newest first. */
export function findDerivedVersions(client: Transaction, id: string, limit: number): Promise<LineageVersion[]> {
  return client.modelVersion.findMany({
    where: {
      id: { not: id },
      OR: [{ baseVersionId: id }, { baseCheckpoint: { trainingRun: { modelVersion: { id } } } }],
    },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit,
    select: WITH_ORIGIN,
  });
}

const OF_RELEASE = { id: true, state: true, openedAt: true, candidateVersionId: true, deploymentName: true } as const;

/** Releases that compare or compared a version, the newest first. */
export function findReleasesOf(
  client: Transaction,
  versionId: string,
  limit: number,
): Promise<Prisma.ReleaseGetPayload<{ select: typeof OF_RELEASE }>[]> {
  return client.release.findMany({
    where: { OR: [{ candidateVersionId: versionId }, { incumbentVersionId: versionId }] },
    orderBy: [{ openedAt: 'desc' }, { id: 'desc' }],
    take: limit,
    select: OF_RELEASE,
  });
}
