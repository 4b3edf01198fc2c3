import 'reflect-metadata';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '#database';
import type { ErrorBody } from '#errors';
import { DEPLOYMENTS_CHANNEL } from '#registry';
import { guardAgainstLeaks } from '#testing';
import { openGeneratorStand, type GeneratorStand, type Replica } from '../testing/generator-stand.js';
import type { CompletionResponse } from '../completions/completion-shape.js';
import { ModelHost } from './model-host.js';

guardAgainstLeaks();

const CLIENTS = 16;

let stand: GeneratorStand;
let replicas: readonly [Replica, Replica];

beforeAll(async () => {
  stand = await openGeneratorStand({ versions: 4 });
  replicas = [await stand.start(), await stand.start()];
});

afterAll(() => stand.close());

function version(index: number): string {
  const found = stand.versions[index];
  if (found === undefined) throw new Error(`no version ${index}`);
  return found.id;
}

interface Answer {
  readonly status: number;
  readonly served: string | null;
  readonly body: CompletionResponse & Partial<ErrorBody>;
}

async function complete(replica: Replica, more: object = {}): Promise<Answer> {
  const response = await fetch(`${replica.url}/v1/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stand.keys.completions}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'production', prompt: 'The old', max_tokens: 12, seed: 3, ...more }),
  });
  const body = (await response.json()) as Answer['body'];
  return { status: response.status, served: response.headers.get('x-model-version'), body };
}

async function admin(
  method: string,
  path: string,
  body?: object,
  key = stand.keys.admin,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${replicas[0].url}/v1/admin/${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function servedByBoth(): Promise<(string | null)[]> {
  return Promise.all(replicas.map(async (replica) => (await complete(replica)).served));
}

describe('a deployment without a version', () => {
  it('is not ready and says why', async () => {
    const ready = async (): Promise<unknown> => {
      const response = await fetch(`${replicas[0].url}/health/ready`);
      return { httpStatus: response.status, ...((await response.json()) as object) };
    };
    await expect
      .poll(ready)
      .toMatchObject({ httpStatus: 503, model_version: null, problem: 'It has no version yet: promote one.' });
    expect(await complete(replicas[0])).toMatchObject({
      status: 503,
      body: { error: { code: 'no_model_ready', param: 'model' } },
    });
    expect((await fetch(`${replicas[0].url}/health/live`)).status).toBe(200);
  });
});

describe('a promotion', () => {
  it('makes every replica serve the version', async () => {
    expect(await admin('POST', 'deployments/production/promote', { version: version(0) })).toMatchObject({
      status: 200,
      body: { object: 'deployment', name: 'production', incumbent: version(0), previous: null, revision: 1 },
    });
    await Promise.all(replicas.map((replica) => replica.ready()));
    expect(await servedByBoth()).toEqual([version(0), version(0)]);
  });

  it('and a rollback fail no request, and every answer is of the version that it names', async () => {
    const texts = new Map<string, string>();
    for (const id of [version(0), version(1)])
      texts.set(id, (await complete(replicas[0], { model: id })).body.choices[0]?.text ?? '');
    expect(new Set(texts.values()).size).toBe(2);
    const answers: Answer[] = [];
    let stop = false;
    const clients = Array.from({ length: CLIENTS }, async (_, client) => {
      while (!stop) answers.push(await complete(replicas[client % 2] ?? replicas[0]));
    });
    await admin('POST', 'deployments/production/promote', { version: version(1), reason: 'better' });
    await expect.poll(servedByBoth, { timeout: 10_000 }).toEqual([version(1), version(1)]);
    expect(await admin('POST', 'deployments/production/rollback', { reason: 'worse' })).toMatchObject({
      status: 200,
      body: { incumbent: version(0), previous: null, revision: 3 },
    });
    await expect.poll(servedByBoth, { timeout: 10_000 }).toEqual([version(0), version(0)]);
    stop = true;
    await Promise.all(clients);
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(new Set(answers.map(({ served }) => served))).toEqual(new Set([version(0), version(1)]));
    for (const { served, body } of answers) {
      expect({ model: body.model, text: body.choices[0]?.text }).toEqual({
        model: served,
        text: texts.get(served ?? ''),
      });
    }
  });

  it('leaves a generation under way on the version that it began on', async () => {
    const response = await fetch(`${replicas[0].url}/v1/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stand.keys.completions}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'production', prompt: 'The old', max_tokens: 4000, temperature: 0, stream: true }),
    });
    await admin('POST', 'deployments/production/promote', { version: version(2) });
    await expect.poll(servedByBoth, { timeout: 10_000 }).toEqual([version(2), version(2)]);
    const frames = (await response.text()).split('\n\n');
    expect(frames.slice(-2)).toEqual(['data: [DONE]', '']);
    const models = frames
      .slice(0, -2)
      .map((frame) => (JSON.parse(frame.slice('data: '.length)) as CompletionResponse).model);
    expect(new Set(models)).toEqual(new Set([version(0)]));
  });

  it('of what does not exist, or back to nothing, changes nothing', async () => {
    expect(
      await admin('POST', 'deployments/production/promote', { version: 'ft:small:understudy:00000000' }),
    ).toMatchObject({
      status: 404,
      body: { error: { code: 'model_not_found' } },
    });
    expect(await admin('POST', 'deployments/nowhere/promote', { version: version(0) })).toMatchObject({ status: 404 });
    expect(await admin('POST', 'deployments/production/promote', {})).toMatchObject({
      status: 400,
      body: { error: { code: 'missing_parameter', param: 'version' } },
    });
    expect(
      await admin('POST', 'deployments/production/promote', { version: version(3), strategy: 'slowly' }),
    ).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_value', param: 'strategy' } },
    });
    expect(await admin('POST', 'deployments/production/rollback', { to: version(2) })).toMatchObject({
      status: 409,
      body: { error: { code: 'conflict' } },
    });
    expect((await admin('GET', 'deployments/production')).body).toMatchObject({
      incumbent: version(2),
      previous: version(0),
      revision: 4,
    });
  });
});

describe('a notice of what serves', () => {
  it('is followed without a look at the deployment unless it is an old one; the deployment is right all the same', async () => {
    const { servingRevision, incumbentVersionId } = await stand.registry.getDeployment('production');
    expect(incumbentVersionId).toBe(version(2));
    const database = openDatabase({ connectionString: stand.environment['DATABASE_URL'] ?? '' });
    const tell = (newer: number, incumbent: string): Promise<unknown> => {
      const notice = {
        servingRevision: servingRevision + newer,
        incumbentVersionId: incumbent,
        previousVersionId: null,
      };
      const payload = JSON.stringify({ deployment: 'production', ...notice, release: null });
      return database.pool.query('SELECT pg_notify($1, $2)', [DEPLOYMENTS_CHANNEL, payload]);
    };
    const host = replicas[0].app.get(ModelHost);
    const switches: (string | undefined)[] = [];
    const { onSwitch } = host;
    host.onSwitch = () => {
      switches.push(host.incumbent?.version.id);
      onSwitch();
    };
    const lock = await database.pool.connect();
    try {
      await lock.query('BEGIN');
      await lock.query('LOCK TABLE deployments IN ACCESS EXCLUSIVE MODE');
      await database.pool.query('SELECT pg_notify($1, $2)', [DEPLOYMENTS_CHANNEL, '{ nothing that is a notice']);
      await tell(2, version(0));
      await tell(1, version(2));
      await tell(3, version(1));
      await expect.poll(servedByBoth).toEqual([version(1), version(1)]);
      expect(switches).toEqual([version(0), version(1)]);
      await lock.query('ROLLBACK');
      await expect.poll(servedByBoth, { timeout: 10_000 }).toEqual([version(2), version(2)]);
    } finally {
      host.onSwitch = onSwitch;
      lock.release();
      await database.close();
    }
  });
});

describe('a version whose bundle is damaged', () => {
  it('is refused, and where it is named all the same, the old version serves until the bundle is whole again', async () => {
    const bundle = stand.versions[3]?.bundleSha256 ?? '';
    const manifest = JSON.parse(await readFile(stand.store.path(bundle), 'utf8')) as {
      files: { sha256: string; path: string }[];
    };
    const weights = stand.store.path(manifest.files.find(({ path }) => path === 'decode.onnx')?.sha256 ?? '');
    const whole = await readFile(weights);
    await chmod(weights, 0o644);
    await writeFile(weights, whole.with(100, 255 - (whole[100] ?? 0)));

    expect(await admin('POST', 'deployments/production/promote', { version: version(3) })).toMatchObject({
      status: 500,
      body: { error: { code: 'bundle_corrupt', type: 'server_error' } },
    });
    expect((await admin('GET', 'deployments/production')).body).toMatchObject({ incumbent: version(2), revision: 4 });

    await stand.registry.promote({ deployment: 'production', versionId: version(3), actor: 'someone else' });
    const readiness = async (): Promise<unknown> => (await fetch(`${replicas[1].url}/health/ready`)).json();
    await expect.poll(readiness).toMatchObject({
      status: 'ready',
      model_version: version(2),
      problem: expect.stringContaining(`${version(3)} cannot be loaded: bundle_corrupt`) as string,
    });
    expect(await servedByBoth()).toEqual([version(2), version(2)]);

    await writeFile(weights, whole);
    await expect.poll(servedByBoth, { timeout: 20_000 }).toEqual([version(3), version(3)]);
    expect(await readiness()).toMatchObject({ problem: null });
  });
});

describe('administration', () => {
  it('needs the scope admin', async () => {
    for (const path of ['deployments/production', 'model-versions', 'replicas', 'audit', 'api-keys']) {
      for (const key of [stand.keys.completions, stand.keys.training]) {
        expect(await admin('GET', path, undefined, key)).toMatchObject({
          status: 403,
          body: { error: { code: 'insufficient_scope' } },
        });
      }
    }
  });

  it('shows each version with what it was made from', async () => {
    const { body } = await admin('GET', `model-versions/${version(0)}`);
    expect(body).toMatchObject({
      object: 'model_version',
      id: version(0),
      preset: 'small',
      number: 1,
      seed: 1,
      bundle_sha256: stand.versions[0]?.bundleSha256,
      training_run: stand.versions[0]?.trainingRunId,
    });
    const { body: page } = await admin('GET', 'model-versions?limit=3&preset=small');
    expect(page).toMatchObject({
      object: 'list',
      has_more: true,
      data: [{ id: version(3) }, { id: version(2) }, { id: version(1) }],
    });
    const { body: rest } = await admin('GET', `model-versions?after=${version(1)}`);
    expect(rest).toMatchObject({ has_more: false, data: [{ id: version(0) }] });
  });

  it.each(['limit=0', 'limit=101', 'limit=x', 'limit=1.5', 'page=2'])('refuses ?%s', async (query) => {
    expect((await admin('GET', `audit?${query}`)).status).toBe(400);
  });

  it('knows who changed what and why', async () => {
    const { body } = await admin('GET', 'audit?subject=production&limit=100');
    const entries = body['data'] as {
      action: string;
      reason: string | null;
      actor: string;
      request_id: string | null;
      data: object;
    }[];
    expect(entries.map(({ action }) => action).reverse()).toEqual([
      'deployment.promote',
      'deployment.promote',
      'deployment.rollback',
      'deployment.promote',
      'deployment.promote',
    ]);
    expect(entries.find(({ reason }) => reason === 'worse')).toMatchObject({
      action: 'deployment.rollback',
      actor: expect.stringMatching(/^for admin \(key-/) as string,
      request_id: expect.stringMatching(/^req_/) as string,
      data: { from: version(1), to: version(0) },
    });
  });

  it('knows what each replica serves', async () => {
    const ports = replicas.map(({ url }) => Number(new URL(url).port)).sort();
    const reported = async (): Promise<unknown> => {
      const { body } = await admin('GET', 'replicas');
      const found = body['data'] as { port: number; version: string; ready: boolean }[];
      return found.map(({ port, version: id, ready }) => ({ port, id, ready })).sort((a, b) => a.port - b.port);
    };
    await expect.poll(reported).toEqual(ports.map((port) => ({ port, id: version(3), ready: true })));
  });

  it('makes keys that work at once, shows them once, and revokes them within seconds', async () => {
    const { status, body } = await admin('POST', 'api-keys', { name: 'visitor', scopes: ['completions'] });
    expect(status).toBe(201);
    const ask = async (): Promise<number> => {
      const headers = { authorization: `Bearer ${String(body['key'])}` };
      return (await fetch(`${replicas[1].url}/v1/models`, { headers })).status;
    };
    expect(await ask()).toBe(200);
    const { body: list } = await admin('GET', 'api-keys');
    expect(list['data']).toContainEqual(expect.objectContaining({ id: body['id'], name: 'visitor', revoked_at: null }));
    expect(JSON.stringify(list)).not.toContain(String(body['key']));
    expect(await admin('DELETE', `api-keys/${String(body['id'])}`)).toMatchObject({
      status: 200,
      body: { deleted: true },
    });
    await expect.poll(ask, { timeout: 10_000 }).toBe(401);
  });

  it.each([
    [{ name: '', scopes: ['admin'] }, 'name'],
    [{ name: 'x', scopes: [] }, 'scopes'],
    [{ name: 'x', scopes: ['root'] }, 'scopes'],
    [{ name: 'x', scopes: 'admin' }, 'scopes'],
    [{ scopes: ['admin'] }, 'name'],
  ])('refuses a key of %j', async (body, param) => {
    expect(await admin('POST', 'api-keys', body)).toMatchObject({ status: 400, body: { error: { param } } });
  });
});
