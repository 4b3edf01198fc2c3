import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addObservation, type NewObservation } from '#registry/releases';
import { guardAgainstLeaks, registerVersion } from '#testing';
import { pointOf } from '../releases/point-of.js';
import { openAdminClient, type AdminClient } from '../testing/admin-client.js';
import { openGeneratorStand, type GeneratorStand } from '../testing/generator-stand.js';

guardAgainstLeaks();

const ACTOR = { actor: 'test' };
/** A deployment that no generator serves, so that nobody else judges its releases. */
const NAME = 'staging';
const POINTS = 30;

let stand: GeneratorStand;
let client: AdminClient;
let id: string;

beforeAll(async () => {
  stand = await openGeneratorStand({ versions: 0 });
  const { registry, keys } = stand;
  client = await openAdminClient(keys.admin, [await stand.start()]);
  await registry.ensureDeployment(NAME);
  const [incumbent, candidate] = [await registerVersion(registry), await registerVersion(registry)];
  await registry.promote({ deployment: NAME, versionId: incumbent.id, ...ACTOR });
  const release = await registry.releases.open({ deployment: NAME, candidateVersionId: candidate.id, ...ACTOR });
  id = release.id;
});

afterAll(() => stand.close());

function observe(change: Partial<NewObservation>): NewObservation {
  return {
    releaseId: id,
    at: new Date(),
    replicaId: 'test',
    requestId: null,
    metric: 'paired_loss',
    arm: 'both',
    stageIndex: 0,
    share: 0.5,
    value: 0.1,
    tokens: 20,
    client: null,
    ...change,
  };
}

/** Adds what was observed, as the judge does, and keeps a point. */
async function judge(observations: readonly NewObservation[], isPointDue = true): Promise<void> {
  const { releases } = stand.registry;
  await releases.recordObservations(observations);
  const found = await releases.readOpenCase(NAME, 1_000);
  if (found === null) throw new Error('No release is open.');
  const { release, observations: added } = found;
  const { policy, stageIndex } = release;
  const statistics = added.reduce((sum, one) => addObservation(policy, sum, one), release.statistics);
  const position = release.position + added.length;
  await releases.settleJudgement({
    release,
    added: added.map((one) => one.id),
    statistics,
    action: { kind: 'continue' },
    message: '',
    evidence: {},
    point: isPointDue ? pointOf(policy, statistics, { stageIndex, position }) : null,
  });
}

type Numbers = readonly (number | null)[];

interface Series {
  readonly observations: readonly number[];
  readonly metrics: readonly {
    readonly metric: string;
    readonly n: Numbers;
    readonly estimate: Numbers;
    readonly lower: Numbers;
    readonly upper: Numbers;
    readonly rollback: Numbers;
  }[];
  readonly arms: Readonly<
    Record<'candidate' | 'incumbent', Readonly<Record<'requests' | 'errors' | 'late' | 'mean_ms', Numbers>>>
  >;
}

const sum = (numbers: Numbers): number => numbers.reduce<number>((all, one) => all + (one ?? 0), 0);

describe('the series of a release', () => {
  it('is empty before anything was seen', async () => {
    const { body } = await client.documented('GET', '/releases/{id}/series', id);
    expect(body).toMatchObject({ object: 'release_series', release: id, at: [], metrics: [] });
    expect(await client.send('GET', 'releases/rel-none/series')).toMatchObject({ status: 404 });
    expect(await client.send('GET', `releases/${id}/series?points=1`)).toMatchObject({
      status: 400,
      body: { error: { param: 'points' } },
    });
  });

  it('has each metric with its interval and wealth, and what each arm did from point to point', async () => {
    const texts = new Array<NewObservation>(20).fill(observe({}));
    for (let index = 0; index < POINTS; index++) {
      const requests = observe({ metric: 'requests', arm: 'candidate', value: 10, durationMs: 10 * (index + 1) });
      const others = observe({ metric: 'requests', arm: 'incumbent', value: 5 });
      const late = observe({ metric: 'latency', arm: 'incumbent', value: 3_000 });
      await judge([
        ...texts,
        requests,
        others,
        ...(index === 3 ? [late, observe({ metric: 'errors', arm: 'candidate' })] : []),
      ]);
    }
    const { body } = await client.documented('GET', '/releases/{id}/series', id);
    const { metrics, arms, observations } = body as unknown as Series;
    expect(observations).toHaveLength(POINTS);
    const loss = metrics.find(({ metric }) => metric === 'paired_loss')!;
    expect(loss).toMatchObject({ unit: 'nats_per_token', limit: 0.03, level: 0.95, bounds: { change: Math.log(1e7) } });
    expect(loss.n).toEqual(Array.from({ length: POINTS }, (_, index) => 20 * (index + 1)));
    expect(loss.estimate).toEqual(new Array(POINTS).fill(0.1));
    for (const [index, lower] of loss.lower.entries()) {
      expect(lower).toBeLessThan(0.1);
      expect(loss.upper[index]).toBeGreaterThan(0.1);
    }
    expect(loss.lower.at(-1)).toBeGreaterThan(loss.lower[0]!);
    expect(loss.rollback.at(-1)).toBeGreaterThan(0);
    expect(arms.candidate).toMatchObject({
      requests: new Array(POINTS).fill(10),
      errors: expect.any(Array) as number[],
    });
    expect(arms.candidate.mean_ms.slice(0, 3)).toEqual([1, 2, 3]);
    expect(arms.candidate.errors[3]).toBe(1);
    expect(arms.incumbent.late[3]).toBe(1);
    // Nobody has timed them.
    expect(arms.incumbent.mean_ms).toEqual(new Array(POINTS).fill(null));
    // Of a metric that was seen later there is nothing before.
    const errors = metrics.find(({ metric }) => metric === 'errors')!;
    expect(errors.n.slice(2, 5)).toEqual([null, 1, 1]);
  });

  it('is thinned to as many points as were asked for, and loses no request by it', async () => {
    const { body } = await client.send('GET', `releases/${id}/series?points=7`);
    const { arms, observations } = body as unknown as Series;
    expect(observations).toHaveLength(7);
    expect(observations.at(-1)).toBe((await stand.registry.releases.get(id)).position);
    expect(sum(arms.candidate.requests)).toBe(10 * POINTS);
    expect(sum(arms.incumbent.requests)).toBe(5 * POINTS);
  });

  it('ends with the present, also where no point was due', async () => {
    await judge([observe({ metric: 'requests', arm: 'candidate', value: 4, durationMs: 8 })], false);
    const { body } = await client.send('GET', `releases/${id}/series`);
    const { arms, observations } = body as unknown as Series;
    expect(observations).toHaveLength(POINTS + 1);
    expect(arms.candidate.requests.at(-1)).toBe(4);
    expect(arms.candidate.mean_ms.at(-1)).toBe(2);
  });
});
