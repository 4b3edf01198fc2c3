import { Prisma, type Transaction } from '#database';
import type { NewRunEvent } from '../inputs.js';
import { fromJson, toJson } from '../json.repository.js';
import { numberedId, pageArguments, toPage } from '../paging.js';
import type { Page, PageRequest, RunEvent } from '../records.js';

const PREFIX = 'ftevent-';
const toNumber = numberedId(PREFIX);

function toRunEvent(row: Prisma.RunEventGetPayload<object>): RunEvent {
  const { trainingRunId, ...rest } = row;
  return {
    ...rest,
    id: `${PREFIX}${row.id}`,
    runId: trainingRunId,
    level: row.level as RunEvent['level'],
    type: row.type as RunEvent['type'],
    data: row.data === null ? null : fromJson(row.data),
  };
}

export async function insertRunEvent(client: Transaction, runId: string, event: NewRunEvent): Promise<RunEvent> {
  const { level = 'info', type = 'message', message, data } = event;
  const row = await client.runEvent.create({
    data: { trainingRunId: runId, level, type, message, data: data ? toJson(data) : Prisma.DbNull },
  });
  return toRunEvent(row);
}

/** Which events of a run are wanted, in which order. */
export interface RunEventQuery extends PageRequest {
  readonly order?: 'asc' | 'desc' | undefined;
  readonly type?: RunEvent['type'] | undefined;
}

export async function findRunEvents(
  client: Transaction,
  runId: string,
  request: RunEventQuery,
): Promise<Page<RunEvent>> {
  const rows = await client.runEvent.findMany({
    where: { trainingRunId: runId, ...(request.type === undefined ? {} : { type: request.type }) },
    orderBy: { id: request.order ?? 'asc' },
    ...pageArguments(request, toNumber),
  });
  return toPage(
    request,
    rows,
    toRunEvent,
    async (id) => (await client.runEvent.count({ where: { id: toNumber(id), trainingRunId: runId } })) > 0,
  );
}
