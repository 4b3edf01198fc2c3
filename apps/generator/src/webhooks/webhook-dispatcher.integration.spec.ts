import 'reflect-metadata';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '#database';
import { guardAgainstLeaks, registerVersion } from '#testing';
import { openGeneratorStand, type GeneratorStand, type Replica } from '../testing/generator-stand.js';
import { openWebhookReceiver, type WebhookReceiver } from '../testing/webhook-receiver.js';

guardAgainstLeaks();

const ACTOR = { actor: 'test' };
const PATIENCE = { timeout: 20_000 };

let stand: GeneratorStand;
let database: Database;
let replicas: Replica[];
/** Answers by path: /ok, /fails-once, /fails, /gone, /silent. */
let receiver: WebhookReceiver;

beforeAll(async () => {
  const failed = new Set<string>();
  receiver = await openWebhookReceiver(({ path, headers }, response) => {
    const id = String(headers['webhook-id']);
    if (path === '/silent') return;
    const fails = path === '/fails' || (path === '/fails-once' && !failed.has(id));
    failed.add(id);
    response.writeHead(path === '/gone' ? 410 : fails ? 500 : 200).end();
  });
  stand = await openGeneratorStand({ versions: 0 });
  database = openDatabase({ connectionString: stand.environment['DATABASE_URL'] ?? '' });
  const environment = { WEBHOOK_PRIVATE_ADDRESSES: 'true' };
  replicas = [await stand.start(environment), await stand.start(environment)];
});

afterAll(async () => {
  await database.close();
  await stand.close();
  await receiver.close();
});

async function create(path: string): Promise<{ id: string; secret: string }> {
  const { webhook, secret } = await stand.registry.webhooks.create({ url: receiver.url + path, ...ACTOR });
  return { id: webhook.id, secret };
}

async function deliveriesOf(webhookId: string): ReturnType<GeneratorStand['registry']['webhooks']['listDeliveries']> {
  return stand.registry.webhooks.listDeliveries({ webhookId, limit: 100 });
}

async function statesOf(webhookId: string): Promise<string[]> {
  return (await deliveriesOf(webhookId)).items.map(({ state, attempts }) => `${state} ${attempts}`);
}

function received(path: string): WebhookReceiver['messages'] {
  return receiver.messages.filter((message) => message.path === path);
}

describe('events for a webhook', () => {
  it('are each sent once, whichever generator looks first, and signed', async () => {
    const { id, secret } = await create('/ok');
    const sent = await Promise.all(Array.from({ length: 40 }, () => stand.registry.webhooks.sendTest(id, ACTOR)));
    await expect.poll(() => statesOf(id), PATIENCE).toEqual(sent.map(() => 'delivered 1'));
    const messages = received('/ok');
    expect(messages.map(({ headers }) => headers['webhook-id']).sort()).toEqual(
      sent.map(({ eventId }) => eventId).sort(),
    );
    const client = new OpenAI({ apiKey: 'unused', webhookSecret: secret });
    for (const { body, headers } of messages) {
      await client.webhooks.verifySignature(body, headers);
      expect(JSON.parse(body)).toEqual({
        id: headers['webhook-id'],
        type: 'webhook.test',
        timestamp: expect.any(String) as string,
        data: {},
      });
    }
  });

  it('are signed with the secret before, too, for a while after it was replaced, and not when nobody wants that', async () => {
    const { webhooks } = stand.registry;
    const { id, secret: first } = await create('/rotated');
    const { secret: second } = await webhooks.rotateSecret(id, 3_600, ACTOR);
    await webhooks.sendTest(id, ACTOR);
    await expect.poll(() => received('/rotated').length, PATIENCE).toBe(1);
    const { secret: third } = await webhooks.rotateSecret(id, 0, ACTOR);
    await webhooks.sendTest(id, ACTOR);
    await expect.poll(() => received('/rotated').length, PATIENCE).toBe(2);
    const accepts = async (webhookSecret: string): Promise<boolean[]> => {
      const client = new OpenAI({ apiKey: 'unused', webhookSecret });
      const outcomes = received('/rotated').map(({ body, headers }) => client.webhooks.verifySignature(body, headers));
      return (await Promise.allSettled(outcomes)).map(({ status }) => status === 'fulfilled');
    };
    expect(await accepts(first)).toEqual([true, false]);
    expect(await accepts(second)).toEqual([true, false]);
    expect(await accepts(third)).toEqual([false, true]);
    await webhooks.delete(id, ACTOR);
  });

  it('tell of a release what it is about', async () => {
    const { registry } = stand;
    const { id } = await create('/ok?release');
    await registry.ensureDeployment('staging');
    const [incumbent, candidate] = [(await registerVersion(registry)).id, (await registerVersion(registry)).id];
    await registry.promote({ deployment: 'staging', versionId: incumbent, ...ACTOR });
    const release = await registry.releases.open({ deployment: 'staging', candidateVersionId: candidate, ...ACTOR });
    await expect.poll(() => statesOf(id), PATIENCE).toEqual(['delivered 1']);
    expect(JSON.parse(received('/ok?release')[0]?.body ?? '')).toMatchObject({
      type: 'release.opened',
      data: { release: release.id, deployment: 'staging', incumbent, candidate },
    });
    await registry.webhooks.delete(id, ACTOR);
  });

  it('are sent again under the same id after a failure', async () => {
    const { id } = await create('/fails-once');
    const { eventId } = await stand.registry.webhooks.sendTest(id, ACTOR);
    const again = async (): Promise<string[]> => {
      // Without waiting, once the failure was written down.
      await database.pool.query(
        'UPDATE webhook_deliveries SET next_attempt_at = now() WHERE webhook_id = $1 AND last_status = 500',
        [id],
      );
      return statesOf(id);
    };
    await expect.poll(again, PATIENCE).toEqual(['delivered 2']);
    expect(received('/fails-once').map(({ headers }) => headers['webhook-id'])).toEqual([eventId, eventId]);
  });

  it('become dead letters when the receiver wants no more or has failed too often', async () => {
    const gone = await create('/gone');
    const fails = await create('/fails');
    await stand.registry.webhooks.sendTest(gone.id, ACTOR);
    await database.pool.query(
      `INSERT INTO webhook_deliveries (webhook_id, event_id, type, payload, attempts) VALUES ($1, 'evt-1', 'x', '{}', 10)`,
      [fails.id],
    );
    await expect.poll(() => statesOf(gone.id), PATIENCE).toEqual(['dead 1']);
    await expect.poll(() => statesOf(fails.id), PATIENCE).toEqual(['dead 11']);
    const dead = await stand.registry.webhooks.listDeliveries({ state: 'dead' });
    expect(dead.items.map(({ webhookId }) => webhookId).sort()).toEqual([gone.id, fails.id].sort());
  });

  it('of a silent receiver hold nobody else up, and are sent on by another generator when theirs stops', async () => {
    const silent = await create('/silent');
    const { id } = await create('/ok');
    const waiting = await stand.registry.webhooks.sendTest(silent.id, ACTOR);
    await expect.poll(() => received('/silent').length, PATIENCE).toBe(1);
    await stand.registry.webhooks.sendTest(id, ACTOR);
    await expect.poll(() => statesOf(id), PATIENCE).toEqual(['delivered 1']);
    expect(await statesOf(silent.id)).toEqual(['pending 1']);
    await Promise.all(replicas.map(({ app }) => app.close()));
    // Given back as if it had not been begun.
    expect(await statesOf(silent.id)).toEqual(['pending 0']);
    replicas = [await stand.start({ WEBHOOK_PRIVATE_ADDRESSES: 'true' })];
    await expect
      .poll(() => received('/silent').map(({ headers }) => headers['webhook-id']), PATIENCE)
      .toEqual([waiting.eventId, waiting.eventId]);
  });

  it('do not reach this machine unless that is allowed', async () => {
    await Promise.all(replicas.map(({ app }) => app.close()));
    const replica = await stand.start();
    const { id } = await create('/private');
    await stand.registry.webhooks.sendTest(id, ACTOR);
    const error = async (): Promise<unknown> => (await deliveriesOf(id)).items[0]?.lastError;
    await expect.poll(error, PATIENCE).toContain('WEBHOOK_PRIVATE_ADDRESSES');
    expect(received('/private')).toEqual([]);
    const refused = await fetch(`${replica.url}/v1/admin/webhooks`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stand.keys.admin}`, 'content-type': 'application/json' },
      body: JSON.stringify({ url: receiver.url }),
    });
    expect({ status: refused.status, body: await refused.json() }).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_value', param: 'url' } },
    });
  });
});
