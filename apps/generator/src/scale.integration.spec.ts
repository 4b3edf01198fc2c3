import 'reflect-metadata';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '#database';
import { ServiceMetrics } from '#observability';
import { guardAgainstLeaks } from '#testing';
import { openGeneratorStand, type GeneratorStand, type Replica } from './testing/generator-stand.js';

guardAgainstLeaks();

const SOON = { timeout: 20_000 };
const BY = { actor: 'test' };

let stand: GeneratorStand;

beforeAll(async () => {
  stand = await openGeneratorStand({ versions: 2 });
  await stand.registry.ensureDeployment('production');
  await stand.registry.promote({ deployment: 'production', versionId: stand.versions[0]?.id ?? '', ...BY });
});
afterAll(() => stand.close());

async function start(settings: Readonly<Record<string, string>>): Promise<Replica> {
  const replica = await stand.start(settings);
  await replica.ready();
  return replica;
}

interface Session {
  readonly name: string;
  readonly port: number;
}

/** Who is connected to the database of the stand. */
async function sessions(): Promise<readonly Session[]> {
  const database = openDatabase({ connectionString: stand.environment['DATABASE_URL'] ?? '', maxConnections: 1 });
  try {
    const { rows } = await database.pool.query<Session>(
      `SELECT application_name AS name, client_port AS port FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    return rows;
  } finally {
    await database.close();
  }
}

/** What stands in front of the database as a pooler does, and knows the ports of its own connections to it. */
async function openPooler(): Promise<{ readonly url: string; readonly ports: ReadonlySet<number>; close(): void }> {
  const ports = new Set<number>();
  const { hostname, port } = new URL(stand.environment['DATABASE_URL'] ?? '');
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname, () => ports.add(upstream.localPort ?? 0));
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
    client.pipe(upstream).pipe(client);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = new URL(stand.environment['DATABASE_URL'] ?? '');
  address.hostname = '127.0.0.1';
  address.port = String((server.address() as AddressInfo).port);
  return { url: address.href, ports, close: () => server.close() };
}

describe('a replica of many', () => {
  it('does not wait for the lock of the judge where it may not judge', async () => {
    const locks = async (): Promise<number> =>
      (await sessions()).filter(({ name }) => name.startsWith('understudy-lock-judge')).length;
    const follower = await start({ RELEASE_JUDGE: 'false' });
    expect(await locks()).toBe(0);
    const judge = await start({});
    await expect.poll(locks, SOON).toBe(1);
    await Promise.all([follower.app.close(), judge.app.close()]);
  });

  it('asks by way of the pooler, and listens without it', async () => {
    const pooler = await openPooler();
    const replica = await start({ DATABASE_POOL_URL: pooler.url, DATABASE_MAX_CONNECTIONS: '2' });
    const others = await sessions();
    const pooled = others.filter(({ port }) => pooler.ports.has(port));
    expect(pooled.length).toBeGreaterThan(0);
    expect(pooled.length).toBeLessThanOrEqual(2);
    expect(new Set(pooled.map(({ name }) => name))).toEqual(new Set(['understudy']));
    const listening = others.filter(({ name }) => name.startsWith('understudy-listen'));
    expect(listening.length).toBeGreaterThan(0);
    expect(listening.filter(({ port }) => pooler.ports.has(port))).toEqual([]);
    await replica.app.close();
    pooler.close();
  });

  it('observes no more of a release than its allowance, and counts what it leaves out', async () => {
    const replica = await start({ OBSERVATIONS_PER_SECOND: '1' });
    const { releases } = stand.registry;
    const policy = {
      mode: 'dry_run',
      burnInSeconds: 0,
      stages: [0, 0.5].map((share) => ({ share, minSeconds: 0, minObservations: 0, minRequests: 0 })),
      scoring: { sampleShare: 1, maxDecodeShare: 1, minPromptTokens: 2 },
      gates: { minFreeMemoryMib: 0 },
    };
    const { name } = await releases.writePolicy('many', policy, BY);
    const candidateVersionId = stand.versions[1]?.id ?? '';
    const startedAtMs = performance.now();
    const release = await releases.open({ deployment: 'production', candidateVersionId, policyName: name, ...BY });
    await expect
      .poll(async () => (await stand.registry.listReplicas()).items[0]?.loadedVersionIds, SOON)
      .toContain(candidateVersionId);
    const { registry } = replica.app.get(ServiceMetrics);
    const total = async (metric: string, without: readonly string[] = []): Promise<number> => {
      const { values = [] } = (await registry.getSingleMetric(metric)?.get()) ?? {};
      const counted = values.filter(({ labels }) => !without.includes(String(labels['metric'])));
      return counted.reduce((sum, { value }) => sum + value, 0);
    };
    const complete = async (): Promise<void> => {
      const response = await fetch(`${replica.url}/v1/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${stand.keys.completions}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'production', prompt: 'The old man and the sea', max_tokens: 2 }),
      });
      expect(response.status).toBe(200);
      await response.text();
    };
    await expect
      .poll(async () => {
        await Promise.all(Array.from({ length: 40 }, complete));
        return total('understudy_observations_left_out_total');
      }, SOON)
      .toBeGreaterThan(0);
    // A minute's worth at once, and what came back since.
    const allowance = 60 + (performance.now() - startedAtMs) / 1000;
    const seen = await total('understudy_observations_total', ['requests', 'probe_loss']);
    expect(seen).toBeLessThanOrEqual(allowance + 1);
    await releases.abort(release.id, BY);
    await replica.app.close();
  });
});
