import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { guardAgainstLeaks } from '#testing';
import { initialState, type ReleaseStatistics } from '#release-policy';
import { addObservation, type NewObservation, type Release, type StoredObservation } from './index.js';
import { openReleaseStand, type ReleaseStand } from './testing/release-stand.js';

guardAgainstLeaks();
let stand: ReleaseStand;
let release: Release;

beforeEach(async () => {
  stand = await openReleaseStand();
  release = await stand.openAt('canary');
});
afterEach(() => stand.close());

function observation(value: number, change: Partial<NewObservation> = {}): NewObservation {
  return {
    releaseId: release.id,
    at: new Date('2026-11-22T18:00:00.123Z'),
    replicaId: 'replica-1',
    requestId: 'req-1',
    metric: 'paired_loss',
    arm: 'both',
    stageIndex: 1,
    share: 0.01,
    value,
    tokens: 12,
    client: null,
    ...change,
  };
}

/** Adds up to `limit` of what is new, as a judge does. */
async function addNew(limit = 1000): Promise<Release> {
  return (await read(limit))();
}

/** A judge who has read what is new, and has not written yet. */
async function read(limit = 1000): Promise<() => Promise<Release>> {
  const found = await stand.registry.releases.readOpenCase('production', limit);
  if (found === null) throw new Error('No release is open.');
  const { observations } = found;
  const statistics = observations.reduce<ReleaseStatistics>(
    (sum, one) => addObservation(found.release.policy, sum, one),
    found.release.statistics,
  );
  const added = observations.map(({ id }) => id);
  return () =>
    stand.registry.releases.settleJudgement({
      release: found.release,
      added,
      statistics,
      action: { kind: 'continue' },
      message: '',
      evidence: {},
    });
}

async function addedOnes(): Promise<readonly StoredObservation[]> {
  return stand.registry.releases.listObservations(release, 0, 100_000);
}

describe('an observation', () => {
  it.each([0.1, -1 / 3, 1e-300, -5e-324, 123_456_789.123_456_78, Infinity, -Infinity])(
    'comes back as it was: %d',
    async (value) => {
      const written = observation(value, {
        metric: 'latency',
        arm: 'candidate',
        requestId: null,
        tokens: null,
        client: 'c1',
      });
      await stand.registry.releases.recordObservations([written, observation(value)]);
      await addNew();
      const [first, second] = await addedOnes();
      expect(first).toEqual({ ...written, id: first?.id, position: 1, firstOfClient: true });
      expect(second).toMatchObject({ ...observation(value), position: 2 });
    },
  );

  it('is added once, whoever adds: of two judges who have read the same, one is refused', async () => {
    await stand.registry.releases.recordObservations(Array.from({ length: 10 }, (_, i) => observation(i / 10)));
    const [first, second] = [await read(), await read()];
    const outcomes = await Promise.allSettled([first(), second()]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const { position, statistics } = await stand.registry.releases.get(release.id);
    expect([position, statistics.observations]).toEqual([10, 10]);
    expect((await addedOnes()).map((one) => one.position)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('whose transaction commits late, with a smaller number than one that was added, is not lost', async () => {
    const late = await stand.database.pool.connect();
    await late.query('BEGIN');
    await late.query(
      `INSERT INTO observations (release_id, at, replica_id, metric, arm, stage_index, share, value)
       VALUES ($1, now(), 'late', 'paired_loss', 'both', 1, 0.01, 0.75)`,
      [release.id],
    );
    await stand.registry.releases.recordObservations([observation(0.25)]);
    await addNew();
    await late.query('COMMIT');
    late.release();
    await addNew();
    expect((await addedOnes()).map(({ value, position }) => [value, position])).toEqual([
      [0.25, 1],
      [0.75, 2],
    ]);
    const [early, after] = await addedOnes();
    expect(after!.id < early!.id).toBe(true);
  });

  it('is the first of its client once before promotion and once during the watch', async () => {
    const by = (client: string | null, change: Partial<NewObservation> = {}): NewObservation =>
      observation(1, { metric: 'errors', arm: 'candidate', client, ...change });
    await stand.registry.releases.recordObservations([by('a'), by('a'), by('b'), by(null), by(null)]);
    await addNew(3);
    await stand.registry.releases.recordObservations([
      by('b'),
      by('a', { metric: 'latency' }),
      by('a', { stageIndex: 5 }),
    ]);
    await addNew();
    const firsts = (await addedOnes()).map(({ firstOfClient }) => firstOfClient);
    expect(firsts).toEqual([true, false, true, true, true, false, true, true]);
  });

  it('needs a release, a known arm and a share that is a probability', async () => {
    const write = (change: Partial<NewObservation>): Promise<void> =>
      stand.registry.releases.recordObservations([observation(1, change)]);
    await expect(write({ releaseId: 'rel-none' })).rejects.toThrow();
    await expect(write({ share: 1.5 })).rejects.toThrow();
    await expect(write({ arm: 'neither' as 'both' })).rejects.toThrow();
  });
});

describe('old observations', () => {
  it('are forgotten when their release ended long enough ago, and not while it is open', async () => {
    const { releases } = stand.registry;
    await releases.recordObservations(Array.from({ length: 5 }, () => observation(0.1)));
    await addNew();
    const tomorrow = new Date(Date.now() + 86_400_000);
    expect(await releases.pruneObservations(tomorrow, 100)).toBe(0);
    const { endedAt } = await stand.judge({ kind: 'roll_back', targetProblem: null });
    expect(await releases.pruneObservations(endedAt!, 100)).toBe(0);
    expect([await releases.pruneObservations(tomorrow, 3), await releases.pruneObservations(tomorrow, 3)]).toEqual([
      3, 2,
    ]);
    expect(await releases.get(release.id)).toMatchObject({ position: 5, statistics: { observations: 5 } });
  });
});

describe('a replay by position', () => {
  it('gives the statistics bit for bit, however the observations were added', async () => {
    const all = Array.from({ length: 500 }, (_, index) =>
      index % 5 === 0
        ? observation(1, { metric: 'errors', arm: index % 2 === 0 ? 'candidate' : 'incumbent', share: 0.05 })
        : observation(Math.sin(index) * (index % 7 === 0 ? 3 : 0.2)),
    );
    const writing = Promise.all(
      Array.from({ length: 10 }, (_, part) =>
        stand.registry.releases.recordObservations(all.slice(50 * part, 50 * (part + 1))),
      ),
    );
    // While they are being written, in pieces of uneven size.
    while ((await stand.registry.releases.get(release.id)).position < all.length) await addNew(37);
    await writing;
    const { statistics } = await stand.registry.releases.get(release.id);
    const replayed = (await addedOnes()).reduce<ReleaseStatistics>(
      (sum, one) => addObservation(release.policy, sum, one),
      initialState(),
    );
    expect(bitsOf(statistics)).toEqual(bitsOf(replayed));
    expect(statistics.observations).toBe(500);
  });
});

/** Every number as its sixteen hexadecimal digits: 0 and -0, and numbers that print alike, differ. */
function bitsOf(value: unknown): unknown {
  if (typeof value === 'number') {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, value);
    return view.getBigUint64(0).toString(16);
  }
  if (Array.isArray(value)) return value.map(bitsOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, bitsOf(inner)]));
}
