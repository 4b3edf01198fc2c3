import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '#database';
import { createTestDatabase, guardAgainstLeaks, type TestDatabase } from '#testing';
import { Registry } from '../index.js';
import { enqueueWebhookEvent } from './enqueue-webhook-event.js';
import type { ClaimedDelivery, WebhookEventType } from './webhook.js';

guardAgainstLeaks();
let test: TestDatabase;
let database: Database;
let registry: Registry;

beforeEach(async () => {
  test = await createTestDatabase();
  database = openDatabase(test);
  registry = new Registry(database);
});
afterEach(async () => {
  await database.close();
  await test.close();
});

const URL = 'https://example.com/hook';
const HOLD_MS = 60_000;
const FAILED = { status: 500, error: 'it answered 500' };

async function create(events?: readonly WebhookEventType[], url = URL): Promise<string> {
  const { webhook } = await registry.webhooks.create({ url, actor: 'system', ...(events && { events }) });
  return webhook.id;
}

function enqueue(type: WebhookEventType = 'release.held'): Promise<void> {
  return database.transaction((tx) => enqueueWebhookEvent(tx, type, { release: 'rel-1' }));
}

async function takeOne(): Promise<ClaimedDelivery> {
  const [delivery] = await registry.webhooks.takeDue(1, HOLD_MS);
  if (delivery === undefined) throw new Error('Nothing is due.');
  return delivery;
}

function makeDue(): Promise<unknown> {
  return database.pool.query('UPDATE webhook_deliveries SET next_attempt_at = now()');
}

describe('a webhook', () => {
  it('shows its secret once and is listed without it', async () => {
    const { webhook, secret } = await registry.webhooks.create({ url: URL, description: 'pager', actor: 'me' });
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(webhook).toMatchObject({ url: URL, description: 'pager', createdBy: 'me' });
    expect(webhook.events).toEqual(expect.arrayContaining(['release.rolled_back', 'guard.alarm']));
    for (const shown of [webhook, await registry.webhooks.get(webhook.id), await registry.webhooks.list()]) {
      expect(JSON.stringify(shown)).not.toContain(secret);
    }
    const { items } = await registry.listAudit({ subject: webhook.id });
    expect(JSON.stringify(items)).not.toContain(secret);
    expect(items).toMatchObject([{ action: 'webhook.create', actor: 'me', data: { url: URL } }]);
  });

  it('is refused with what cannot be sent to, what there is no event of, or too long a name', async () => {
    for (const [param, fields] of [
      ['url', { url: 'ftp://example.com' }],
      ['url', { url: 'example.com' }],
      ['url', { url: 'https://me:secret@example.com' }],
      ['url', { url: `https://example.com/${'x'.repeat(2048)}` }],
      ['events', { events: [] }],
      ['events', { events: ['release.forgotten' as WebhookEventType] }],
      ['description', { description: 'x'.repeat(201) }],
    ] as const) {
      const refused = registry.webhooks.create({ url: URL, actor: 'system', ...fields });
      await expect(refused, JSON.stringify(fields)).rejects.toMatchObject({ code: 'invalid_value', param });
    }
    expect((await registry.webhooks.list()).items).toEqual([]);
  });

  it('that is deleted gets nothing more, not even what waited', async () => {
    const id = await create();
    await enqueue();
    await registry.webhooks.delete(id, { actor: 'me', reason: 'gone' });
    expect(await registry.webhooks.takeDue(10, HOLD_MS)).toEqual([]);
    await expect(registry.webhooks.get(id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(registry.webhooks.delete(id, { actor: 'me' })).rejects.toMatchObject({ code: 'not_found' });
    expect((await registry.listAudit({ subject: id })).items[0]).toMatchObject({
      action: 'webhook.delete',
      reason: 'gone',
    });
  });
});

describe('an event', () => {
  it('is for the webhooks that want it, under one id', async () => {
    const all = await create();
    const some = await create(['release.held', 'release.promoted']);
    await create(['guard.alarm']);
    await enqueue('release.held');
    const { items } = await registry.webhooks.listDeliveries();
    expect(items.map(({ webhookId }) => webhookId).sort()).toEqual([all, some].sort());
    expect(new Set(items.map(({ eventId }) => eventId)).size).toBe(1);
    const [first] = items;
    expect(first).toMatchObject({ state: 'pending', attempts: 0, type: 'release.held' });
    expect(first?.payload).toMatchObject({
      id: first?.eventId,
      type: 'release.held',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
      data: { release: 'rel-1' },
    });
  });

  it('of a change that is not committed is never sent', async () => {
    await create();
    const failed = database.transaction(async (tx) => {
      await enqueueWebhookEvent(tx, 'release.held', {});
      throw new Error('not committed');
    });
    await expect(failed).rejects.toThrow('not committed');
    expect(await registry.webhooks.takeDue(10, HOLD_MS)).toEqual([]);
  });

  it('does not fail because a webhook is deleted at the same time', async () => {
    const id = await create();
    const kept = await create();
    const client = await database.pool.connect();
    try {
      await client.query('BEGIN');
      await client.query('DELETE FROM webhooks WHERE id = $1', [id]);
      const enqueued = enqueue();
      const waits = `SELECT 1 FROM pg_locks WHERE NOT granted AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())`;
      // Not on the client: a transaction sees the connections that there were at its first look.
      await expect
        .poll(async () => (await database.pool.query(waits)).rowCount, { timeout: 10_000 })
        .toBeGreaterThan(0);
      await client.query('COMMIT');
      await enqueued;
    } finally {
      client.release();
    }
    const { items } = await registry.webhooks.listDeliveries();
    expect(items.map(({ webhookId }) => webhookId)).toEqual([kept]);
  });
});

describe('a delivery', () => {
  it('is taken by one of many that ask at once, and by another only when its time is over', async () => {
    await create();
    for (let count = 0; count < 20; count++) await enqueue();
    const taken = await Promise.all(Array.from({ length: 10 }, () => registry.webhooks.takeDue(3, HOLD_MS)));
    const ids = taken.flat().map(({ id }) => id);
    expect(ids).toHaveLength(20);
    expect(new Set(ids).size).toBe(20);
    expect(await registry.webhooks.takeDue(100, HOLD_MS)).toEqual([]);
    await makeDue();
    const again = await registry.webhooks.takeDue(100, HOLD_MS);
    expect(again.map(({ attempts }) => attempts)).toEqual(Array.from({ length: 20 }, () => 2));
    // Whoever had it before comes too late.
    const [late] = taken.flat();
    expect(late && (await registry.webhooks.settle(late, { status: 200, error: null }))).toBeNull();
  });

  it('carries what is sent and what it is signed with', async () => {
    const { webhook, secret } = await registry.webhooks.create({ url: URL, actor: 'system' });
    await enqueue('guard.alarm');
    const { payload, ...delivery } = await takeOne();
    expect(delivery).toMatchObject({
      webhookId: webhook.id,
      url: URL,
      secrets: [secret],
      type: 'guard.alarm',
      attempts: 1,
    });
    expect(payload).toMatchObject({ id: delivery.eventId, type: 'guard.alarm', data: { release: 'rel-1' } });
  });

  it('that arrived is done', async () => {
    await create();
    await enqueue();
    expect(await registry.webhooks.settle(await takeOne(), { status: 204, error: null })).toBe('delivered');
    await makeDue();
    expect(await registry.webhooks.takeDue(10, HOLD_MS)).toEqual([]);
    const { items } = await registry.webhooks.listDeliveries({ state: 'delivered' });
    expect(items).toMatchObject([{ attempts: 1, lastStatus: 204, lastError: null }]);
    expect(items[0]?.finishedAt).toBeInstanceOf(Date);
  });

  it('is tried again after growing waits, more than a day in all, and then is a dead letter', async () => {
    await create();
    await enqueue();
    const waitsMs: number[] = [];
    for (;;) {
      const state = await registry.webhooks.settle(await takeOne(), FAILED);
      if (state === 'dead') break;
      expect(state).toBe('pending');
      expect(await registry.webhooks.takeDue(10, HOLD_MS)).toEqual([]);
      const { rows } = await database.pool.query<{ ms: number }>(
        'SELECT extract(epoch FROM next_attempt_at - now())::float8 * 1000 AS ms FROM webhook_deliveries',
      );
      waitsMs.push(rows[0]?.ms ?? 0);
      await makeDue();
    }
    expect([...waitsMs].sort((a, b) => a - b)).toEqual(waitsMs);
    expect(waitsMs[0]).toBeLessThanOrEqual(5_000);
    expect(waitsMs.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThan(24 * 3_600_000);
    await makeDue();
    expect(await registry.webhooks.takeDue(10, HOLD_MS)).toEqual([]);
    const { items } = await registry.webhooks.listDeliveries({ state: 'dead' });
    expect(items).toMatchObject([{ attempts: waitsMs.length + 1, lastStatus: 500, lastError: 'it answered 500' }]);
  });

  it('whose receiver wants no more is a dead letter at once; a person can have it sent again', async () => {
    await create();
    await enqueue();
    const taken = await takeOne();
    const final = { status: 410, error: 'it answered 410', isFinal: true };
    expect(await registry.webhooks.settle(taken, final)).toBe('dead');
    const again = await registry.webhooks.redeliver(taken.id, { actor: 'me' });
    expect(again).toMatchObject({ id: taken.id, state: 'pending', attempts: 0, finishedAt: null });
    await expect(registry.webhooks.redeliver(taken.id, { actor: 'me' })).rejects.toMatchObject({ code: 'conflict' });
    await expect(registry.webhooks.redeliver('whd-999', { actor: 'me' })).rejects.toMatchObject({ code: 'not_found' });
    await expect(registry.webhooks.redeliver('x', { actor: 'me' })).rejects.toMatchObject({ code: 'not_found' });
    expect(await takeOne()).toMatchObject({ id: taken.id, attempts: 1, eventId: taken.eventId });
    expect((await registry.listAudit({ subject: taken.id })).items).toMatchObject([
      { action: 'webhook_delivery.redeliver' },
    ]);
  });

  it('that was given back counts no attempt and is due again', async () => {
    await create();
    await enqueue();
    await registry.webhooks.giveBack(await takeOne());
    expect(await takeOne()).toMatchObject({ attempts: 1 });
  });

  it('is forgotten a month after its end', async () => {
    await create();
    await enqueue();
    await registry.webhooks.settle(await takeOne(), { status: 200, error: null });
    await database.pool.query(`UPDATE webhook_deliveries SET finished_at = now() - interval '31 days'`);
    await enqueue();
    await registry.webhooks.settle(await takeOne(), { status: 200, error: null });
    expect((await registry.webhooks.listDeliveries()).items).toHaveLength(1);
  });

  it('of a test goes to its webhook alone, whatever it wants', async () => {
    const id = await create(['guard.alarm']);
    await create();
    const sent = await registry.webhooks.sendTest(id, { actor: 'me' });
    expect((await registry.webhooks.listDeliveries()).items).toEqual([sent]);
    expect((await registry.webhooks.listDeliveries({ webhookId: id })).items).toEqual([sent]);
    expect(await takeOne()).toMatchObject({ webhookId: id, type: 'webhook.test' });
    await expect(registry.webhooks.sendTest('wh-x', { actor: 'me' })).rejects.toMatchObject({ code: 'not_found' });
  });
});
