import { Prisma, type Transaction } from '#database';
import { fromJson, toJson } from '../json.repository.js';
import { numberedId, pageArguments, toPage } from '../paging.js';
import type { Page, PageRequest } from '../records.js';
import type { NewExperimentEvent, UpgradeExperimentEvent } from './upgrade-experiment.js';

const PREFIX = 'upevent-';
const toNumber = numberedId(PREFIX);

function toEvent(row: Prisma.UpgradeExperimentEventGetPayload<object>): UpgradeExperimentEvent {
  return {
    ...row,
    id: `${PREFIX}${row.id}`,
    level: row.level as UpgradeExperimentEvent['level'],
    data: row.data === null ? null : fromJson(row.data),
  };
}

export async function insertExperimentEvent(
  client: Transaction,
  experimentId: string,
  event: NewExperimentEvent,
): Promise<void> {
  const { level = 'info', message, data } = event;
  await client.upgradeExperimentEvent.create({
    data: { experimentId, level, message, data: data ? toJson(data) : Prisma.DbNull },
  });
}

export async function findExperimentEvents(
  client: Transaction,
  experimentId: string,
  request: PageRequest & { readonly order?: 'asc' | 'desc' | undefined },
): Promise<Page<UpgradeExperimentEvent>> {
  const rows = await client.upgradeExperimentEvent.findMany({
    where: { experimentId },
    orderBy: { id: request.order ?? 'asc' },
    ...pageArguments(request, toNumber),
  });
  return toPage(
    request,
    rows,
    toEvent,
    async (id) => (await client.upgradeExperimentEvent.count({ where: { id: toNumber(id), experimentId } })) > 0,
  );
}
