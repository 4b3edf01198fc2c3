import type { Prisma, Transaction } from '#database';
import { CodedError } from '#errors';
import { pageArguments, sameId, toPage } from '../paging.js';
import type { Page, PageRequest } from '../records.js';
import type { Webhook, WebhookEventType } from './webhook.js';

/** Read only where something is signed with it. */
const WITHOUT_SECRET = { secret: true, previousSecret: true } as const;

function toWebhook(row: Omit<Prisma.WebhookGetPayload<object>, 'secret' | 'previousSecret'>): Webhook {
  return { ...row, events: row.events as WebhookEventType[] };
}

export async function insertWebhook(
  client: Transaction,
  webhook: Omit<Webhook, 'createdAt' | 'previousSecretUntil'> & { readonly secret: string },
): Promise<Webhook> {
  const data = { ...webhook, events: [...webhook.events] };
  return toWebhook(await client.webhook.create({ data, omit: WITHOUT_SECRET }));
}

/** @throws not_found */
export async function findWebhook(client: Transaction, id: string): Promise<Webhook> {
  const row = await client.webhook.findUnique({ where: { id }, omit: WITHOUT_SECRET });
  if (row !== null) return toWebhook(row);
  throw new CodedError('not_found', `No webhook has the id ${JSON.stringify(id)}.`);
}

export async function findWebhooks(client: Transaction, request: PageRequest): Promise<Page<Webhook>> {
  const rows = await client.webhook.findMany({
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    omit: WITHOUT_SECRET,
    ...pageArguments(request, sameId),
  });
  return toPage(request, rows, toWebhook, async (id) => (await client.webhook.count({ where: { id } })) > 0);
}

/** Gives a webhook another secret; events are signed with the one before, too, for so long. Nothing where there is no such webhook. */
export async function replaceSecret(
  client: Transaction,
  id: string,
  secret: string,
  overlapSeconds: number,
): Promise<void> {
  await client.$executeRaw`
    UPDATE "webhooks" SET "previous_secret" = "secret", "secret" = ${secret},
      "previous_secret_until" = now() + ${overlapSeconds} * interval '1 second'
    WHERE "id" = ${id}`;
}

/** Takes a webhook away with everything that was to be sent to it. */
export async function deleteWebhookRow(client: Transaction, id: string): Promise<void> {
  await client.webhook.deleteMany({ where: { id } });
}
