import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openGeneratorStand, type GeneratorStand, type Replica } from '../testing/generator-stand.js';

interface Overview {
  readonly deployment: { readonly incumbent: string | null };
  readonly serving: readonly { readonly version: string; readonly role: string }[];
  readonly replicas: readonly { readonly state: string; readonly version: string | null }[];
  readonly trainer: { readonly state: string };
  readonly database: { readonly size_bytes: number; readonly answered_in_ms: number };
  readonly traffic: {
    readonly recent: {
      readonly requests_per_second: number;
      readonly failed_share: number | null;
      readonly p50_ms: number | null;
    };
    readonly points: readonly object[];
  };
}

describe('the overview', () => {
  let stand: GeneratorStand;
  let replicas: readonly Replica[];
  let version: string;

  beforeAll(async () => {
    stand = await openGeneratorStand({ versions: 1 });
    version = stand.versions[0]?.id ?? '';
    replicas = [await stand.start(), await stand.start()];
    await vi.waitFor(() => stand.registry.getDeployment('production'));
  });
  afterAll(() => stand.close());

  const ask = async (path: string, body?: object, key = stand.keys.admin): Promise<Response> =>
    fetch((replicas[0]?.url ?? '') + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const read = async (): Promise<Overview> => (await (await ask('/v1/admin/overview')).json()) as Overview;

  it('is there before anything serves', async () => {
    const overview = await read();
    expect(overview).toMatchObject({ deployment: { incumbent: null }, serving: [], trainer: { state: 'unknown' } });
    expect(overview.traffic).toMatchObject({ recent: { requests_per_second: 0, failed_share: null, p50_ms: null } });
    expect(overview.traffic.points.length).toBeGreaterThanOrEqual(239);
  });

  it('tells what serves, and how every replica and the database are', async () => {
    await stand.registry.promote({ deployment: 'production', versionId: version, actor: 'test' });
    await Promise.all(replicas.map((replica) => replica.ready()));
    await vi.waitFor(
      async () => {
        const overview = await read();
        expect(overview.serving).toMatchObject([{ version, role: 'incumbent' }]);
        expect(overview.replicas).toMatchObject([
          { state: 'ready', version },
          { state: 'ready', version },
        ]);
        expect(overview.database.size_bytes).toBeGreaterThan(1_000_000);
      },
      { timeout: 20_000 },
    );
  });

  it('counts what all replicas answered, once', async () => {
    const body = JSON.stringify({ model: 'production', prompt: 'the', max_tokens: 2 });
    const headers = { authorization: `Bearer ${stand.keys.completions}`, 'content-type': 'application/json' };
    const answers = replicas.flatMap(({ url }) =>
      [1, 2, 3].map(() => fetch(`${url}/v1/completions`, { method: 'POST', headers, body })),
    );
    const ids = await Promise.all(answers.map(async (answer) => ((await (await answer).json()) as { id: string }).id));
    await vi.waitFor(
      async () => {
        const slices = await read();
        const { requests_per_second, failed_share, p50_ms } = slices.traffic.recent;
        expect(requests_per_second).toBeGreaterThan(0);
        expect([failed_share, p50_ms === null]).toEqual([0, false]);
      },
      { timeout: 20_000 },
    );
    for (const id of ids) {
      await vi.waitFor(async () => {
        const found = await ask(`/v1/admin/completions/${id}`);
        expect([found.status, await found.json()]).toMatchObject([
          200,
          { id, version, arm: 'incumbent', model: 'production', outcome: 'completed', completion_tokens: 2, others: 0 },
        ]);
      });
    }
  });

  it('knows a completion by the id that a client gave its request, the newest first', async () => {
    const headers = {
      authorization: `Bearer ${stand.keys.completions}`,
      'content-type': 'application/json',
      'x-request-id': 'mine',
    };
    const body = JSON.stringify({ model: version, prompt: 'the', max_tokens: 1 });
    for (let time = 0; time < 2; time += 1)
      await (await fetch(`${replicas[1]?.url ?? ''}/v1/completions`, { method: 'POST', headers, body })).arrayBuffer();
    await vi.waitFor(async () => {
      const found = (await (await ask('/v1/admin/completions/mine')).json()) as object;
      expect(found).toMatchObject({ request: 'mine', version, arm: 'pinned', others: 1 });
    });
  });

  it('says that there is no such completion, and for how long they are known', async () => {
    const missing = await ask('/v1/admin/completions/req_nothing');
    expect([missing.status, await missing.json()]).toMatchObject([
      404,
      { error: { code: 'completion_not_found', message: expect.stringContaining('24 hours') as string } },
    ]);
  });

  it('is for administrators', async () => {
    for (const path of ['/v1/admin/overview', '/v1/admin/completions/x'])
      expect((await ask(path, undefined, stand.keys.completions)).status).toBe(403);
  });
});
