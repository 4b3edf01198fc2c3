import 'reflect-metadata';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '#database';
import { initialState, type ReleaseStatistics } from '#release-policy';
import { addObservation, type NewObservation, type Release } from '#registry/releases';
import { guardAgainstLeaks } from '#testing';
import { damageBundle } from '../testing/damage-bundle.js';
import { openGeneratorStand, type GeneratorStand, type Replica } from '../testing/generator-stand.js';

guardAgainstLeaks();
const PERSON = { actor: 'key:test', reason: null };
const PATIENT = { timeout: 20_000, interval: 50 };
/** Two stages that are over when they have seen something, and a watch without end. */
const FAST = {
  stages: [
    { share: 0, minSeconds: 0, minObservations: 20, minRequests: 0 },
    { share: 0.5, minSeconds: 0, minObservations: 0, minRequests: 0 },
  ],
  minObservations: 20,
  watch: { seconds: 3600, averageRunLength: 100 },
  // Nothing but what a test writes is observed.
  burnInSeconds: 3600,
  gates: { minFreeMemoryMib: 0 },
  rollback: { perDay: 100 },
};

let stand: GeneratorStand;
let replicas: readonly [Replica, Replica];
let incumbent: string;
let candidate: string;

beforeAll(async () => {
  stand = await openGeneratorStand({ versions: 2 });
  [incumbent, candidate] = stand.versions.map(({ id }) => id) as [string, string];
  const { releases } = stand.registry;
  await releases.writePolicy('fast', FAST, PERSON);
  await releases.writePolicy('dry', { ...FAST, mode: 'dry_run' }, PERSON);
  await releases.writePolicy('roomy', { ...FAST, gates: { minFreeMemoryMib: 1e7 } }, PERSON);
  await releases.writePolicy('impatient', { ...FAST, noDataSeconds: 0.2 }, PERSON);
  await stand.registry.promote({ ...PERSON, deployment: 'production', versionId: incumbent });
  replicas = [await stand.start(), await stand.start()];
  await Promise.all(replicas.map((replica) => replica.ready()));
});
afterAll(() => stand.close());

afterEach(async () => {
  const { registry } = stand;
  const left = await registry.releases.findOpen('production');
  if (left !== null) await registry.releases.abort(left.id, PERSON);
  await registry.promote({ ...PERSON, deployment: 'production', versionId: incumbent });
  await expect.poll(served, PATIENT).toEqual([incumbent, incumbent]);
  await onDatabase('UPDATE version_quarantines SET until = now()');
});

async function onDatabase(sql: string): Promise<Record<string, unknown>[]> {
  const database = openDatabase({ connectionString: stand.environment['DATABASE_URL'] ?? '', maxConnections: 1 });
  try {
    return (await database.pool.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await database.close();
  }
}

function open(policyName = 'fast'): Promise<Release> {
  const wanted = { ...PERSON, deployment: 'production', candidateVersionId: candidate, policyName };
  return stand.registry.releases.open(wanted);
}

function observe({ id }: Release, count: number, value: number, stageIndex = 0): Promise<void> {
  const one: NewObservation = {
    releaseId: id,
    at: new Date(),
    replicaId: 'test',
    requestId: null,
    metric: 'paired_loss',
    arm: 'both',
    stageIndex,
    share: 0.5,
    value,
    tokens: 20,
    client: null,
  };
  return stand.registry.releases.recordObservations(Array.from({ length: count }, () => one));
}

async function reach({ id }: Release, wanted: Partial<Release>): Promise<void> {
  await expect.poll(() => stand.registry.releases.get(id), PATIENT).toMatchObject(wanted);
}

async function kindsOf({ id }: Release): Promise<string[]> {
  const { items } = await stand.registry.releases.listEvents(id, { order: 'asc', limit: 100 });
  return items.map(({ kind }) => kind);
}

async function served(): Promise<(string | null)[]> {
  const headers = { authorization: `Bearer ${stand.keys.completions}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ model: 'production', prompt: 'The old', max_tokens: 2 });
  return Promise.all(
    replicas.map(async ({ url }) => {
      const response = await fetch(`${url}/v1/completions`, { method: 'POST', headers, body });
      await response.text();
      return response.headers.get('x-model-version');
    }),
  );
}

describe('the judge among two replicas', () => {
  it('lets a candidate pass the gates with what it measured, and rolls it back in the shadow when it is worse', async () => {
    const release = await open();
    await reach(release, {
      state: 'shadow',
      gates: expect.objectContaining({ candidate: expect.anything() as unknown }) as never,
    });
    await observe(release, 1000, 0.8);
    await reach(release, { state: 'rolled_back', stage: 'shadow' });
    const { items } = await stand.registry.releases.listEvents(release.id);
    expect(items[0]).toMatchObject({
      kind: 'rolled_back',
      actor: 'release-guard',
      message: expect.stringContaining('paired_loss') as string,
      evidence: { action: 'roll_back', reasons: [{ code: 'worse', metric: 'paired_loss' }], position: 1000 },
    });
    expect(await served()).toEqual([incumbent, incumbent]);
  });

  it('promotes one that is better, and takes it back when it becomes worse, on every replica', async () => {
    const release = await open();
    await observe(release, 1000, -0.8);
    await reach(release, { state: 'watched' });
    await expect.poll(served, PATIENT).toEqual([candidate, candidate]);
    await observe(release, 1000, 0.8, 2);
    await reach(release, { state: 'rolled_back', stage: 'watched' });
    await expect.poll(served, PATIENT).toEqual([incumbent, incumbent]);
    expect(await kindsOf(release)).toEqual(['opened', 'gates_passed', 'advanced', 'promoted', 'rolled_back']);
    const { items } = await stand.registry.releases.listTimeline('production', { limit: 100 });
    const story = items.filter(({ source, kind }) => source === 'audit' && kind.startsWith('deployment.'));
    expect(story.slice(0, 2).map(({ kind }) => kind)).toEqual(['deployment.rollback', 'deployment.promote']);
  });

  it('says what it would have done in a dry run, and does nothing', async () => {
    const release = await open('dry');
    await observe(release, 1000, 0.8);
    await expect.poll(() => kindsOf(release), PATIENT).toContain('proposed');
    await observe(release, 1000, 0.8);
    await reach(release, { position: 2000, state: 'shadow' });
    expect((await kindsOf(release)).filter((kind) => kind === 'proposed')).toHaveLength(1);
    expect(await served()).toEqual([incumbent, incumbent]);
  });

  it('holds a release without data, says so, and goes on when there is some', async () => {
    const release = await open('impatient');
    await reach(release, {
      state: 'held',
      resumes: true,
      reason: expect.stringContaining('Nothing was observed') as never,
    });
    await observe(release, 1, 0);
    await expect.poll(() => kindsOf(release), PATIENT).toContain('resumed');
  });
});

describe('a candidate before the gates', () => {
  it.each(['flip a bit', 'delete'] as const)('never serves when its bundle is damaged (%s)', async (how) => {
    const mend = await damageBundle(stand.store, stand.versions[1]!.bundleSha256, how);
    try {
      const release = await open();
      await reach(release, { state: 'rolled_back', stage: 'shadow', gates: null });
      expect(await kindsOf(release)).toEqual(['opened', 'rolled_back']);
      const { items } = await stand.registry.releases.listEvents(release.id, { limit: 1 });
      expect(items[0]).toMatchObject({ evidence: { reasons: [{ code: 'gate_failed' }] } });
      const periods = await stand.registry.releases.listServingPeriods(candidate, 100);
      expect(periods.filter(({ releaseId }) => releaseId === release.id)).toEqual([]);
    } finally {
      await mend();
    }
  });

  it('waits, and says for what, when there is too little memory on the judging replica', async () => {
    const release = await open('roomy');
    await reach(release, {
      state: 'held',
      resumes: true,
      reason: expect.stringContaining('MiB of memory are free') as never,
    });
    expect(await kindsOf(release)).toEqual(['opened', 'held']);
  });
});

describe.each(['flip a bit', 'delete'] as const)('when the bundle to go back to is damaged (%s)', (how) => {
  it('the candidate stays, held, with one alarm, and leaves when the bundle is whole again', async () => {
    const release = await open();
    await observe(release, 1000, -0.8);
    await reach(release, { state: 'watched' });
    const mend = await damageBundle(stand.store, stand.versions[0]!.bundleSha256, how);
    try {
      await observe(release, 1000, 0.8, 2);
      await reach(release, { state: 'held', resumes: false });
      expect(await kindsOf(release)).toEqual(['opened', 'gates_passed', 'advanced', 'promoted', 'held', 'alarm']);
      expect(await stand.registry.getDeployment('production')).toMatchObject({ incumbentVersionId: candidate });
    } finally {
      await mend();
    }
    await reach(release, { state: 'rolled_back' });
    await expect.poll(served, PATIENT).toEqual([incumbent, incumbent]);
    expect((await kindsOf(release)).filter((kind) => kind === 'alarm')).toHaveLength(1);
  });
});

describe('a judge that is killed', () => {
  it('is followed by another within seconds, and what it had added is neither lost nor added twice', async () => {
    // Both replicas of this process give the lock away, so that the process to be killed has it.
    await Promise.all(replicas.map(({ app }) => app.close()));
    const main = fileURLToPath(new URL('../main.js', import.meta.url));
    const environment = { ...stand.environment, GENERATOR_PORT: '0' };
    const victim = spawn(process.execPath, [main], { env: environment, stdio: 'ignore' });
    const died = once(victim, 'exit');
    const release = await open();
    await observe(release, 30, 0.01);
    await reach(release, { position: 30, gates: expect.anything() as never });
    replicas = [await stand.start(), await stand.start()];
    await Promise.all(replicas.map((replica) => replica.ready()));
    const writing = (async () => {
      for (let batch = 0; batch < 30; batch++) await observe(release, 30, batch % 2 === 0 ? 0.03 : -0.03);
    })();
    await expect
      .poll(async () => (await stand.registry.releases.get(release.id)).position, PATIENT)
      .toBeGreaterThan(30);
    victim.kill('SIGKILL');
    await died;
    await writing;
    await reach(release, { position: 930 });

    const found = await stand.registry.releases.get(release.id);
    const added = await stand.registry.releases.listObservations(found, 0, 10_000);
    const replayed = added.reduce<ReleaseStatistics>(
      (sum, one) => addObservation(found.policy, sum, one),
      initialState(),
    );
    expect(found.statistics).toEqual(replayed);
    expect(added.map(({ position }) => position)).toEqual(Array.from({ length: 930 }, (_, index) => index + 1));
  });
});
