import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '#release-policy';
import { guardAgainstLeaks, registerVersion } from '#testing';
import { openAdminClient, type AdminClient } from '../testing/admin-client.js';
import { openGeneratorStand, type GeneratorStand } from '../testing/generator-stand.js';

guardAgainstLeaks();

const ACTOR = { actor: 'test' };

let stand: GeneratorStand;
let client: AdminClient;
let versions: readonly [string, string, string];

/** A deployment that no generator serves, so that nobody judges its releases. */
const NAME = 'staging';

beforeAll(async () => {
  stand = await openGeneratorStand({ versions: 0 });
  const { registry, keys } = stand;
  client = await openAdminClient(keys.admin, [await stand.start()]);
  const register = async (): Promise<string> => (await registerVersion(registry)).id;
  versions = [await register(), await register(), await register()];
  await registry.ensureDeployment(NAME);
  await registry.promote({ deployment: NAME, versionId: versions[0], ...ACTOR });
});

afterAll(() => stand.close());

function promote(body: object): ReturnType<AdminClient['send']> {
  return client.send('POST', `deployments/${NAME}/promote`, { body });
}

async function open(version = versions[1]): Promise<string> {
  const { body } = await promote({ version, strategy: 'release' });
  return String(body['release']);
}

describe('a release', () => {
  it('is opened by a promotion step by step, and shown with all that it is judged by', async () => {
    const { body: policy } = await client.documented('PUT', '/policies/{name}', 'careful', { maxSeconds: 60 });
    expect(policy).toMatchObject({ name: 'careful', version: 1, document: { ...DEFAULT_POLICY, maxSeconds: 60 } });
    const opened = await client.documented('POST', '/deployments/{name}/promote', NAME, {
      version: versions[1],
      strategy: 'release',
      policy: 'careful',
      reason: 'better',
    });
    const id = String(opened.body['release']);
    expect(opened.body).toMatchObject({ incumbent: versions[0], release: expect.stringMatching(/^rel-/) as string });
    const { body } = await client.documented('GET', '/releases/{id}', id);
    expect(body).toMatchObject({
      id,
      deployment: NAME,
      candidate: versions[1],
      incumbent: versions[0],
      state: 'shadow',
      share: 0,
      policy: { name: 'careful', version: 1 },
      policy_document: { maxSeconds: 60 },
      reason: 'better',
      observations: 0,
      gates: null,
      policy_in_words: expect.arrayContaining([expect.stringContaining('false promotion at most 1%')]) as string[],
      next: { action: 'continue', needs_person: false, message: expect.stringContaining('gates') as string },
      last_event: { kind: 'opened' },
    });
    expect(body['metrics']).toContainEqual(
      expect.objectContaining({
        metric: 'paired_loss',
        n: 0,
        mean: null,
        interval: null,
        unit: 'nats_per_token',
        limit: 0.03,
      }),
    );
    const { body: list } = await client.documented('GET', '/releases');
    expect(list['data']).toMatchObject([{ id }]);
    expect(await client.send('GET', 'releases?state=canary')).toMatchObject({ body: { data: [] } });
    expect(await client.send('GET', `releases?deployment=${NAME}&limit=1`)).toMatchObject({ body: { data: [{ id }] } });
  });

  it('is paused, resumed and aborted by a person, each of which stands in its events with the reason', async () => {
    const { body: list } = await client.send('GET', 'releases');
    const id = String((list['data'] as { id: string }[])[0]?.id);
    expect(await client.documented('POST', '/releases/{id}/pause', id, { reason: 'lunch' })).toMatchObject({
      body: { id, paused_by: expect.stringContaining('for admin') as string },
    });
    expect(await client.documented('POST', '/releases/{id}/resume', id)).toMatchObject({ body: { paused_by: null } });
    // Nobody has checked the candidate: not even a person lets it serve.
    expect(await client.send('POST', `releases/${id}/advance`)).toMatchObject({
      status: 409,
      body: { error: { code: 'conflict' } },
    });
    const abort = { body: { reason: 'enough' }, key: 'abort-1' };
    const aborted = await client.send('POST', `releases/${id}/abort`, abort);
    expect(aborted).toMatchObject({ status: 200, body: { state: 'aborted', ended_at: expect.any(Number) as number } });
    expect(await client.send('POST', `releases/${id}/abort`, abort)).toEqual({ ...aborted, replayed: true });
    expect(await client.send('POST', `releases/${id}/abort`)).toMatchObject({ status: 409 });
    const { body: events } = await client.documented('GET', '/releases/{id}/events', id);
    expect(events['data']).toMatchObject([
      { kind: 'aborted', message: expect.stringContaining('enough') as string },
      { kind: 'unpaused' },
      { kind: 'paused', message: expect.stringContaining('lunch') as string },
      { kind: 'opened' },
    ]);
    expect(await client.send('GET', 'releases/rel-none')).toMatchObject({
      status: 404,
      body: { error: { code: 'release_not_found' } },
    });
  });

  it('is refused with what does not go together', async () => {
    for (const [body, status, param] of [
      [{ version: versions[1], strategy: 'slowly' }, 400, 'strategy'],
      [{ version: versions[1], policy: 'careful' }, 400, 'policy'],
      [{ version: versions[1], strategy: 'release', policy: 'unknown' }, 404, 'policy'],
      [{ version: versions[0], strategy: 'release' }, 409, 'version'],
      [{ version: 'ft:small:x:00000000', strategy: 'release' }, 404, 'model'],
      [{ strategy: 'release' }, 400, 'version'],
    ] as const) {
      expect(await promote(body), JSON.stringify(body)).toMatchObject({ status, body: { error: { param } } });
    }
  });

  it('of a version keeps it from being deleted', async () => {
    const id = await open();
    expect(await client.send('DELETE', `model-versions/${versions[1]}`)).toMatchObject({ status: 409 });
    await client.send('POST', `releases/${id}/abort`);
  });

  it('is opened once, however often the same request comes', async () => {
    const request = { body: { version: versions[1], strategy: 'release' }, key: 'open-1' };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => client.send('POST', `deployments/${NAME}/promote`, request)),
    );
    const done = answers.filter(({ status }) => status === 200).map(({ body }) => body['release']);
    expect(new Set(done).size).toBe(1);
    await client.send('POST', `releases/${String(done[0])}/abort`);
  });
});

describe('a pin', () => {
  it('is shown with who, when and why, and keeps releases from being opened', async () => {
    const { body } = await client.documented('POST', '/deployments/{name}/pin', NAME, { reason: 'holidays' });
    expect(body['pin']).toMatchObject({ by: expect.stringContaining('for admin') as string, reason: 'holidays' });
    expect(await promote({ version: versions[1], strategy: 'release' })).toMatchObject({ status: 409 });
    expect(await client.documented('POST', '/deployments/{name}/unpin', NAME)).toMatchObject({ body: { pin: null } });
  });
});

describe('a policy', () => {
  it('that is built in is there, and what is written is another version', async () => {
    expect((await client.documented('GET', '/policies/{name}', 'default')).body).toEqual({
      object: 'policy',
      name: 'default',
      version: 0,
      document: DEFAULT_POLICY,
      in_words: expect.arrayContaining([expect.stringContaining('false rollback at most 1%')]) as string[],
      created_at: null,
      created_by: null,
    });
    for (const version of [1, 2]) {
      const { body } = await client.documented('PUT', '/policies/{name}', 'night', { minObservations: version });
      expect(body).toMatchObject({ name: 'night', version, document: { minObservations: version } });
    }
    const { body: versionsOf } = await client.documented('GET', '/policies/{name}/versions', 'night');
    expect(versionsOf['data']).toMatchObject([{ version: 2 }, { version: 1 }]);
    const page = async (query: string): Promise<unknown> =>
      (await client.send('GET', `policies/night/versions?${query}`)).body;
    expect(await page('limit=1')).toMatchObject({ data: [{ version: 2 }], has_more: true });
    expect(await page('after=2')).toMatchObject({ data: [{ version: 1 }], has_more: false });
    expect(await page('after=7')).toMatchObject({ error: { code: 'invalid_value', param: 'after' } });
    const { body: list } = await client.documented('GET', '/policies');
    expect(list['data']).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'default', version: 0 }),
        expect.objectContaining({ name: 'night', version: 2 }),
      ]),
    );
    expect((await stand.registry.listAudit({ subject: 'night' })).items).toMatchObject([
      { action: 'policy.write', data: { version: 2 } },
      { action: 'policy.write', data: { version: 1 } },
    ]);
  });

  it('is tried on simulated traffic, where a version that is worse is found', async () => {
    const { body } = await client.documented('POST', '/policies/simulate', '', {
      policy: { stages: [{ share: 0, minSeconds: 0, minObservations: 50, minRequests: 0 }], minObservations: 50 },
      effect: { shift_nats: 0.5 },
      requests_per_second: 20,
      releases: 3,
    });
    expect(body).toMatchObject({
      complete: true,
      false_alarms: 0,
      power: 1,
      changed: { rolled_back_for: ['paired_loss'] },
    });
    expect(await client.send('POST', 'policies/simulate', { body: { effect: { shift: 1 } } })).toMatchObject({
      status: 400,
      body: { error: { code: 'unknown_parameter', param: 'effect.shift' } },
    });
    const policy = { watch: { hours: 2 } };
    expect(await client.send('POST', 'policies/simulate', { body: { policy } })).toMatchObject({
      status: 400,
      body: { error: { code: 'unknown_parameter', param: 'policy.watch.hours' } },
    });
  });

  it('that is wrong is refused with the place of the mistake', async () => {
    const put = (name: string, body: object): ReturnType<AdminClient['send']> =>
      client.send('PUT', `policies/${name}`, { body });
    expect(await put('x', { watch: { hours: 2 } })).toMatchObject({
      status: 400,
      body: { error: { code: 'unknown_parameter', param: 'watch.hours' } },
    });
    expect(await put('x', { metrics: { errors: { budget: 2 } } })).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_value', param: 'metrics.errors.budget' } },
    });
    expect(await put('No%20Name', {})).toMatchObject({ status: 400, body: { error: { param: 'name' } } });
    expect(await client.send('GET', 'policies/x')).toMatchObject({
      status: 404,
      body: { error: { code: 'policy_not_found' } },
    });
  });
});

describe('a policy that is only checked', () => {
  it('is answered in full, written nowhere, and refused with the place of the mistake', async () => {
    const { body } = await client.documented('POST', '/policies/check', '', { minObservations: 7 });
    expect(body).toMatchObject({
      document: { ...DEFAULT_POLICY, minObservations: 7 },
      in_words: expect.arrayContaining([expect.stringContaining('7 texts were scored')]) as string[],
    });
    expect(await client.send('GET', 'policies/check')).toMatchObject({ status: 404 });
    expect(await client.send('POST', 'policies/check', { body: { maxSeconds: -1 } })).toMatchObject({
      status: 400,
      body: { error: { param: 'maxSeconds' } },
    });
  });
});

describe('what the pages of the console look for', () => {
  it('is found: deployments, releases of a version, parts of the history and of the audit', async () => {
    const { body: deployments } = await client.documented('GET', '/deployments');
    expect(deployments['data']).toMatchObject([{ name: 'production', incumbent: null }, { name: NAME }]);
    expect((await client.send('GET', 'deployments?limit=1')).body).toMatchObject({ has_more: true });
    const ofVersion = async (id: string): Promise<unknown[]> =>
      (await client.send('GET', `releases?version=${id}`)).body['data'] as unknown[];
    const all = (await client.send('GET', 'releases')).body['data'] as unknown[];
    expect(await ofVersion(versions[1])).toEqual(all);
    expect(await ofVersion(versions[2])).toEqual([]);
    const { body: served } = await client.send('GET', `deployments/${NAME}/timeline?source=serving`);
    const periods = served['data'] as { source: string; kind: string }[];
    expect(new Set(periods.map(({ source }) => source))).toEqual(new Set(['serving']));
    expect(await client.send('GET', `deployments/${NAME}/timeline?source=x`)).toMatchObject({ status: 400 });
    const audit = async (query: string): Promise<string[]> => {
      const { body } = await client.send('GET', `audit?limit=100&${query}`);
      return (body['data'] as { action: string }[]).map(({ action }) => action);
    };
    expect(new Set(await audit('action=policy.'))).toEqual(new Set(['policy.write']));
    expect(await audit('action=deployment.pin&actor=FOR%20ADMIN')).toEqual(['deployment.pin']);
    expect(await audit('actor=nobody')).toEqual([]);
  });

  it('is drawn: where a version comes from, what became of it, and what keeps it', async () => {
    const { body: lineage } = await client.documented('GET', '/model-versions/{id}/lineage', versions[0]);
    const nodes = lineage['nodes'] as { kind: string; id: string }[];
    expect(nodes.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['corpus', 'run', 'version', 'deployment']));
    expect(lineage['edges']).toContainEqual({ from: versions[0], to: NAME, role: 'serves' });
    const { body: kept } = await client.documented('GET', '/model-versions/{id}', versions[0]);
    expect(kept['used_by']).toEqual({
      deployment: NAME,
      release: null,
      training_run: null,
      upgrade_experiment: null,
    });
    expect(await client.send('GET', 'model-versions/none/lineage')).toMatchObject({ status: 404 });
  });
});

describe('the history of a deployment', () => {
  it('is one list of what was done, decided and served, in pages', async () => {
    const { body } = await client.documented('GET', '/deployments/{name}/timeline', NAME);
    const entries = body['data'] as { id: string; source: string; kind: string }[];
    const kinds = new Set(entries.map(({ source, kind }) => `${source} ${kind}`));
    for (const kind of ['audit deployment.promote', 'audit deployment.pin', 'release opened', 'release aborted'])
      expect(kinds).toContain(kind);
    expect(kinds).toContain('serving incumbent');
    const paged: string[] = [];
    for (let after = ''; ;) {
      const page = await client.send('GET', `deployments/${NAME}/timeline?limit=3${after}`);
      const items = page.body['data'] as { id: string }[];
      paged.push(...items.map(({ id }) => id));
      if (page.body['has_more'] !== true) break;
      after = `&after=${items.at(-1)?.id ?? ''}`;
    }
    expect(paged).toEqual(entries.map(({ id }) => id));
  });

  it('says which version served at a time', async () => {
    const { body } = await client.documented('GET', '/deployments/{name}/serving', NAME);
    expect(body['data']).toMatchObject([{ version: versions[0], role: 'incumbent', share: 1, ended_at: null }]);
    expect(await client.send('GET', `deployments/${NAME}/serving?at=2020-01-01T00:00:00Z`)).toMatchObject({
      body: { data: [] },
    });
    expect(await client.send('GET', `deployments/${NAME}/serving?at=yesterday`)).toMatchObject({
      status: 400,
      body: { error: { param: 'at' } },
    });
    const { body: version } = await client.documented('GET', '/model-versions/{id}', versions[0]);
    expect(version['served']).toMatchObject([{ deployment: NAME, role: 'incumbent', ended_at: null }]);
  });
});

describe('a rollback by a person', () => {
  it('is documented, and the history has both periods', async () => {
    await stand.registry.promote({ deployment: NAME, versionId: versions[2], ...ACTOR });
    const { body } = await client.documented('POST', '/deployments/{name}/rollback', NAME, { reason: 'worse' });
    expect(body).toMatchObject({ incumbent: versions[0], previous: null });
    const { body: served } = await client.documented('GET', '/model-versions/{id}', versions[2]);
    expect(served['served']).toMatchObject([{ role: 'incumbent', ended_at: expect.any(Number) as number }]);
  });
});
