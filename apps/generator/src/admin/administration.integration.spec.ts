import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '#database';
import { guardAgainstLeaks, registerVersion as registerTestVersion } from '#testing';
import { openAdminClient, type AdminClient } from '../testing/admin-client.js';
import { openGeneratorStand, type GeneratorStand, type Replica } from '../testing/generator-stand.js';

guardAgainstLeaks();

let stand: GeneratorStand;
let database: Database;
let replicas: readonly [Replica, Replica];
let client: AdminClient;

beforeAll(async () => {
  stand = await openGeneratorStand({ versions: 0 });
  database = openDatabase({ connectionString: stand.environment['DATABASE_URL'] ?? '' });
  replicas = [await stand.start(), await stand.start()];
  client = await openAdminClient(stand.keys.admin, replicas);
});

afterAll(async () => {
  await database.close();
  await stand.close();
});

const admin: AdminClient['send'] = (...request) => client.send(...request);

const VISITOR = { name: 'visitor', scopes: ['completions'] };
const WEBHOOK = { url: 'https://192.0.2.1/hook' };

async function keyNames(): Promise<string[]> {
  return (await stand.registry.listApiKeys({ limit: 100 })).items.map(({ name }) => name);
}

describe('every route of the administration', () => {
  it('says what it does and answers, and how a write is sent again', () => {
    expect(client.operations.size).toBeGreaterThan(15);
    for (const [name, { summary, parameters = [], responses }] of client.operations) {
      expect(summary, name).toMatch(/^[A-Z]/);
      const answers = Object.entries(responses).filter(([status]) => status.startsWith('2'));
      expect(answers, name).toHaveLength(1);
      const content = answers[0]?.[1].content;
      const isStream = content?.['text/event-stream'] !== undefined;
      if (!isStream) expect(content?.['application/json']?.schema.properties, name).toHaveProperty('object');
      expect(responses['default']?.content?.['application/json']?.schema.properties, name).toHaveProperty('error');
      const isRepeatable = parameters.some((parameter) => parameter.name === 'Idempotency-Key');
      expect(isRepeatable, name).toBe(!name.startsWith('GET '));
    }
  });

  it('answers what it documents', async () => {
    const { body: key } = await client.documented('POST', '/api-keys', '', {
      name: 'documented',
      scopes: ['training'],
    });
    const id = String(key['id']);
    await client.documented('POST', '/api-keys/{id}', id, { requests_per_minute: 5 });
    await client.documented('DELETE', '/api-keys/{id}', id);
    const { body: webhook } = await client.documented('POST', '/webhooks', '', WEBHOOK);
    const webhookId = String(webhook['id']);
    await client.documented('GET', '/webhooks/{id}', webhookId);
    const rotated = await client.documented('POST', '/webhooks/{id}/rotate-secret', webhookId, { overlap_seconds: 60 });
    expect(rotated.body).toMatchObject({ id: webhookId, secret: expect.stringMatching(/^whsec_/) as string });
    expect(rotated.body['secret']).not.toBe(webhook['secret']);
    const { body: delivery } = await client.documented('POST', '/webhooks/{id}/test', webhookId);
    await database.pool.query(
      `UPDATE webhook_deliveries SET state = 'dead', attempts = attempts + 1, finished_at = now() WHERE webhook_id = $1`,
      [webhookId],
    );
    await client.documented('POST', '/webhook-deliveries/{id}/redeliver', String(delivery['id']));
    for (const list of ['api-keys', 'webhooks', 'webhook-deliveries', 'audit', 'replicas', 'model-versions']) {
      await client.documented('GET', `/${list}`, '');
    }
    await client.documented('DELETE', '/webhooks/{id}', webhookId);
    await client.documented('GET', '/deployments/{name}', 'production');
  });
});

describe('a replica that has missed some reports', () => {
  it('is lost in both lists, whatever it said last', async () => {
    const report = { host: 'gone', pid: 1, port: 1, deployment: 'production', versionId: null, loadedVersionIds: [] };
    for (const id of ['here', 'gone'])
      await stand.registry.reportReplica({ ...report, id, problem: null, ready: true });
    await database.pool.query(`UPDATE replicas SET reported_at = now() - interval '11 seconds' WHERE id = 'gone'`);
    const { data } = (await admin('GET', 'replicas')).body as { data: { id: string; state: string; ready: boolean }[] };
    expect(data.find(({ id }) => id === 'gone')).toMatchObject({ state: 'lost', ready: false });
    expect(data.find(({ id }) => id === 'here')).toMatchObject({ state: 'ready', ready: true });
    const { replicas: shown } = (await admin('GET', 'overview')).body as { replicas: { id: string; state: string }[] };
    expect(shown.find(({ id }) => id === 'gone')).toMatchObject({ state: 'lost' });
    for (const id of ['here', 'gone']) await stand.registry.removeReplica(id);
  });
});

describe('a write with an Idempotency-Key', () => {
  it('is done once and answered alike by every generator, and the answer is stored nowhere in the clear', async () => {
    const first = await admin('POST', 'api-keys', { body: { ...VISITOR, name: 'once' }, key: 'once-1' });
    expect(first).toMatchObject({ status: 201, replayed: false, body: { name: 'once' } });
    for (const replica of [0, 1] as const) {
      const again = await admin('POST', 'api-keys', { body: { ...VISITOR, name: 'once' }, key: 'once-1', replica });
      expect(again).toEqual({ ...first, replayed: true });
    }
    expect((await keyNames()).filter((name) => name === 'once')).toHaveLength(1);
    const { rows } = await database.pool.query<{ row: string }>(
      `SELECT encode(answer, 'escape') AS row FROM idempotency_keys WHERE key = 'once-1'`,
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]?.row).not.toContain('sk-understudy-');
  });

  it('is done once, however many come at once to two generators', async () => {
    const request = { body: { ...VISITOR, name: 'crowd' }, key: 'crowd-1' };
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        admin('POST', 'api-keys', { ...request, replica: index % 2 === 0 ? 0 : 1 }),
      ),
    );
    const done = answers.filter(({ status }) => status === 201);
    expect(done.length).toBeGreaterThan(0);
    expect(new Set(done.map(({ body }) => body['key'])).size).toBe(1);
    for (const { status, body } of answers) {
      if (status !== 201)
        expect({ status, code: body.error?.code }).toEqual({ status: 409, code: 'request_in_progress' });
    }
    expect((await keyNames()).filter((name) => name === 'crowd')).toHaveLength(1);
  });

  it('is refused when the key was another request, whether by body, path or method', async () => {
    await admin('POST', 'webhooks', { body: WEBHOOK, key: 'other-1' });
    for (const [method, path, body] of [
      ['POST', 'webhooks', { ...WEBHOOK, description: 'x' }],
      ['POST', 'api-keys', WEBHOOK],
      ['DELETE', 'webhooks/wh-1', undefined],
    ] as const) {
      expect(await admin(method, path, { ...(body && { body }), key: 'other-1' })).toMatchObject({
        status: 409,
        body: { error: { code: 'idempotency_key_reused', param: 'Idempotency-Key' } },
      });
    }
  });

  it('that was refused can be sent again with the same key', async () => {
    const refused = await admin('POST', 'api-keys', { body: { ...VISITOR, name: '' }, key: 'retry-1' });
    expect(refused).toMatchObject({ status: 400, body: { error: { param: 'name' } } });
    expect(await admin('POST', 'api-keys', { body: { ...VISITOR, name: 'retry' }, key: 'retry-1' })).toMatchObject({
      status: 201,
      replayed: false,
    });
  });

  it.each(['', 'two words', 'x'.repeat(256)])('needs one that is a name: %j', async (key) => {
    expect(await admin('POST', 'webhooks', { body: WEBHOOK, key })).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_value', param: 'Idempotency-Key' } },
    });
  });

  it('notes in the transaction of its change that it was done', async () => {
    const { body: key } = await admin('POST', 'api-keys', { body: VISITOR, key: 'note-1' });
    const { body: webhook } = await admin('POST', 'webhooks', { body: WEBHOOK, key: 'note-2' });
    const [keyId, webhookId] = [String(key['id']), String(webhook['id'])];
    const version = await registerVersion();
    const writes = [
      ['POST', `api-keys/${keyId}`, { tokens_per_minute: 7 }],
      ['DELETE', `api-keys/${keyId}`],
      ['POST', `webhooks/${webhookId}/test`],
      ['DELETE', `webhooks/${webhookId}`],
      ['DELETE', `model-versions/${version}`],
    ] as const;
    for (const [index, [method, path, body]] of writes.entries()) {
      const answer = await admin(method, path, { ...(body && { body }), key: `note-${index + 3}` });
      expect(answer, path).toMatchObject({ status: 200, replayed: false });
    }
    const { rows } = await database.pool.query<{ key: string }>(
      `SELECT key FROM idempotency_keys WHERE key LIKE 'note-%' AND carried_out_at IS NOT NULL AND answer IS NOT NULL ORDER BY key`,
    );
    expect(rows.map((row) => row.key)).toEqual(Array.from({ length: 7 }, (_, index) => `note-${index + 1}`));
  });
});

describe('a model version', () => {
  it('can be deleted, is listed no more, and still tells what it was', async () => {
    const id = await registerVersion();
    expect(await admin('GET', `model-versions/${id}`)).toMatchObject({ body: { id, deleted_at: null } });
    expect(await admin('DELETE', `model-versions/${id}`)).toMatchObject({
      status: 200,
      body: { object: 'model_version', id, deleted: true },
    });
    expect(await admin('GET', `model-versions/${id}`)).toMatchObject({
      body: { id, deleted_at: expect.any(Number) as number },
    });
    const { body } = await admin('GET', 'model-versions');
    expect(JSON.stringify(body)).not.toContain(id);
    expect(await admin('DELETE', `model-versions/${id}`)).toMatchObject({ status: 404 });
    expect(await admin('POST', 'deployments/production/promote', { body: { version: id } })).toMatchObject({
      status: 404,
      body: { error: { code: 'model_not_found' } },
    });
  });
});

async function registerVersion(): Promise<string> {
  const { id } = await registerTestVersion(stand.registry);
  return id;
}
