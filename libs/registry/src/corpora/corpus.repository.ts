import type { Prisma, Transaction } from '#database';
import { CodedError } from '#errors';
import { pageArguments, sameId, toPage } from '../paging.js';
import type { Corpus, Page, PageRequest } from '../records.js';

type CorpusRow = Prisma.CorpusGetPayload<object>;

function toCorpus({ sizeBytes, deletedAt: _, ...row }: CorpusRow): Corpus {
  return { ...row, sizeBytes: Number(sizeBytes) };
}

export async function insertCorpus(client: Transaction, corpus: Omit<Corpus, 'createdAt'>): Promise<Corpus> {
  return toCorpus(await client.corpus.create({ data: corpus }));
}

/** @throws file_not_found when it does not exist or was deleted */
export async function findCorpus(client: Transaction, id: string, param?: string): Promise<Corpus> {
  const row = await client.corpus.findFirst({ where: { id, deletedAt: null } });
  if (row !== null) return toCorpus(row);
  throw new CodedError('file_not_found', `No file has the id ${JSON.stringify(id)}; upload one with POST /v1/files.`, {
    param: param ?? null,
  });
}

export async function findCorpora(
  client: Transaction,
  request: PageRequest & { readonly purpose?: string | undefined },
): Promise<Page<Corpus>> {
  const rows = await client.corpus.findMany({
    where: { deletedAt: null, ...(request.purpose === undefined ? {} : { purpose: request.purpose }) },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    ...pageArguments(request, sameId),
  });
  return toPage(request, rows, toCorpus, async (id) => (await client.corpus.count({ where: { id } })) > 0);
}

/** Keeps a corpus from being deleted, or a run from being made of it, until the transaction ends. */
export async function lockCorpus(client: Transaction, id: string): Promise<void> {
  await client.$executeRaw`SELECT 1 FROM "corpora" WHERE "id" = ${id} FOR UPDATE`;
}

export async function markCorpusDeleted(client: Transaction, id: string): Promise<void> {
  await client.corpus.update({ where: { id }, data: { deletedAt: new Date() } });
}

/** The id of a run that has not ended and needs the corpus. */
export async function findRunUsingCorpus(client: Transaction, id: string): Promise<string | null> {
  const run = await client.trainingRun.findFirst({
    where: { finishedAt: null, OR: [{ corpusId: id }, { validationCorpusId: id }] },
    select: { id: true },
  });
  return run?.id ?? null;
}

/** The id of an upgrade experiment that has not ended and needs the corpus. */
export async function findExperimentUsingCorpus(client: Transaction, id: string): Promise<string | null> {
  const where = { finishedAt: null, corpusId: id };
  return (await client.upgradeExperiment.findFirst({ where, select: { id: true } }))?.id ?? null;
}

/** Whether a corpus that is not deleted has these bytes. */
export async function isContentUsed(client: Transaction, sha256: string): Promise<boolean> {
  return (await client.corpus.count({ where: { sha256, deletedAt: null } })) > 0;
}
