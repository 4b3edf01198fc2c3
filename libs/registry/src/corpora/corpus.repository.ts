import type { Prisma, Transaction } from '#database';
import { CodedError, type ErrorCode } from '#errors';
import { fromJson, toJson } from '../json.repository.js';
import { pageArguments, sameId, toPage } from '../paging.js';
import type { Corpus, JsonObject, Page, PageRequest } from '../records.js';

// A report may be long, and only one query wants it.
const omit = { report: true } as const;
type CorpusRow = Prisma.CorpusGetPayload<{ omit: typeof omit }>;

function toCorpus({ sizeBytes, deletedAt: _, ...row }: CorpusRow): Corpus {
  return {
    ...row,
    sizeBytes: Number(sizeBytes),
    status: row.status as Corpus['status'],
    errorCode: row.errorCode as ErrorCode | null,
  };
}

export async function insertCorpus(
  client: Transaction,
  corpus: Omit<Corpus, 'createdAt' | 'status' | 'errorCode' | 'errorMessage'>,
): Promise<Corpus> {
  // Only text that may be trained on is looked at.
  const status = corpus.purpose === 'fine-tune' ? 'uploaded' : 'processed';
  return toCorpus(await client.corpus.create({ data: { ...corpus, status }, omit }));
}

/** Files that nobody has looked at yet, the oldest first. */
export async function findUninspectedCorpora(client: Transaction, limit: number): Promise<Corpus[]> {
  const where = { status: 'uploaded', deletedAt: null };
  const rows = await client.corpus.findMany({
    where,
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    take: limit,
    omit,
  });
  return rows.map(toCorpus);
}

/** Does nothing when somebody else has said what is in the file, or when it was deleted. */
export async function updateInspectedCorpus(
  client: Transaction,
  id: string,
  found: { readonly report: JsonObject } | { readonly errorCode: ErrorCode; readonly errorMessage: string },
): Promise<void> {
  const data =
    'report' in found ? { status: 'processed', report: toJson(found.report) } : { status: 'error', ...found };
  await client.corpus.updateMany({ where: { id, status: 'uploaded', deletedAt: null }, data });
}

/** What was found in a file; null when nobody has looked yet, or nothing can be trained on it. @throws file_not_found */
export async function findCorpusReport(
  client: Transaction,
  id: string,
): Promise<{ readonly corpus: Corpus; readonly report: JsonObject | null }> {
  const corpus = await findCorpus(client, id);
  const row = await client.corpus.findUnique({ where: { id }, select: { report: true } });
  return { corpus, report: row?.report ? fromJson(row.report) : null };
}

/** @throws file_not_found when it does not exist or was deleted */
export async function findCorpus(client: Transaction, id: string, param?: string): Promise<Corpus> {
  const row = await client.corpus.findFirst({ where: { id, deletedAt: null }, omit });
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
    omit,
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
