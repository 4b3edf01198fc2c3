import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '#database';
import { decide, explain, type ReleaseStatistics, type Situation } from '#release-policy';
import { Registry } from '#registry';
import { addObservation, type NewObservation, type Release } from '#registry/releases';
import { createTestDatabase, guardAgainstLeaks, registerVersion, type TestDatabase } from '#testing';
import { measureFalseAlarms, readRecorded } from './aa-test.js';
import { findDifferences, replayRelease } from './replay-release.js';

guardAgainstLeaks();
const PERSON = { actor: 'key:test', reason: 'because' };
let test: TestDatabase;
let database: Database;
let registry: Registry;
let release: Release;

beforeEach(async () => {
  test = await createTestDatabase();
  database = openDatabase({ connectionString: test.connectionString });
  registry = new Registry(database);
  const incumbent = await registerVersion(registry);
  const candidate = await registerVersion(registry, { preset: 'medium' });
  await registry.promote({ deployment: 'production', versionId: incumbent.id, actor: 'key:test' });
  const policy = {
    stages: [{ share: 0, minSeconds: 0, minObservations: 10, minRequests: 0 }],
    metrics: { paired_loss: { block: 1, scale: 1 } },
    minObservations: 400,
  };
  await registry.releases.writePolicy('quick', policy, PERSON);
  await registry.releases.open({
    ...PERSON,
    deployment: 'production',
    candidateVersionId: candidate.id,
    policyName: 'quick',
  });
  release = await judge({ kind: 'pass_gates', gates: {} });
});
afterEach(async () => {
  await database.close();
  await test.close();
});

/** Adds what is new and acts, as the judge does, with the evidence that it writes down. */
async function judge(
  action: Parameters<Registry['releases']['settleJudgement']>[0]['action'],
  secondsWithoutData = 0.1,
): Promise<Release> {
  const open = (await registry.releases.readOpenCase('production', 1_000))!;
  const { policy } = open.release;
  const statistics = open.observations.reduce<ReleaseStatistics>(
    (sum, one) => addObservation(policy, sum, one),
    open.release.statistics,
  );
  const situation: Situation = {
    stageIndex: 0,
    secondsInStage: 12.345,
    secondsOpen: 23.456,
    secondsWithoutData,
    failedGates: { candidate: [], incumbent: [] },
  };
  const { action: decided, reasons } = decide(policy, statistics, situation);
  return registry.releases.settleJudgement({
    release: open.release,
    added: open.observations.map(({ id }) => id),
    statistics,
    action,
    message: 'The judge has spoken.',
    evidence: { action: decided, reasons, situation, explanation: explain(policy, statistics) },
  });
}

function text(value: number, change: Partial<NewObservation> = {}): NewObservation {
  return {
    releaseId: release.id,
    at: new Date('2026-11-22T18:00:00.123Z'),
    replicaId: 'replica-1',
    requestId: 'req-1',
    metric: 'paired_loss',
    arm: 'both',
    stageIndex: 0,
    share: 0,
    value,
    tokens: 12,
    client: null,
    ...change,
  };
}

/** Differences that are no round numbers, with a mean and a pattern. */
const texts = (count: number, mean: number): NewObservation[] =>
  Array.from({ length: count }, (_, index) => text(mean + Math.sin(index) / 3));

describe('release:replay', () => {
  it('comes to the same statistics and decisions, bit for bit, from what was recorded', async () => {
    await registry.releases.recordObservations([...texts(90, 0.01), text(Infinity), text(-1e-300)]);
    await judge({ kind: 'hold', resumes: true }, 99_999);
    await registry.releases.recordObservations(texts(1_100, 0.05));
    await judge({ kind: 'resume' });
    await judge({ kind: 'roll_back', targetProblem: null });
    const replay = await replayRelease(registry, release.id);
    expect(replay.observations).toBe(1_192);
    expect(replay.differences).toEqual([]);
    expect(replay.decisions.map(({ event, position, differences }) => [event.kind, position, differences])).toEqual([
      ['gates_passed', 0, []],
      ['held', 92, []],
      ['resumed', 1_092, []],
      ['rolled_back', 1_192, []],
    ]);
  });

  it('takes a reason in other words for the same reason, and another number for another', async () => {
    await registry.releases.recordObservations(texts(20, 0.1));
    await judge({ kind: 'hold', resumes: true }, 99_999);
    const change = (field: string, value: string): Promise<unknown> =>
      database.pool.query(
        `UPDATE "release_events" SET "evidence" = jsonb_set("evidence", '{reasons,0,${field}}', $1::jsonb) WHERE "kind" = 'held'`,
        [value],
      );
    // What was recorded cannot be changed otherwise.
    await database.pool.query('ALTER TABLE "release_events" DISABLE TRIGGER USER');
    await change('message', '"In other words."');
    const reworded = await replayRelease(registry, release.id);
    expect(reworded.decisions.flatMap(({ differences }) => differences)).toEqual([]);
    await change('bound', '12345');
    const changed = await replayRelease(registry, release.id);
    expect(changed.decisions.flatMap(({ differences }) => differences).join()).toMatch(
      /reasons\.0\.bound: 12345 on record/,
    );
  });

  it('names what is not as it was recorded: one observation by a billionth, one that is gone', async () => {
    await registry.releases.recordObservations(texts(20, 0.1));
    await judge({ kind: 'hold', resumes: true }, 99_999);
    await database.pool.query('UPDATE "observations" SET "value" = "value" * 1.000000001 WHERE "position" = 7');
    const changed = await replayRelease(registry, release.id);
    expect(changed.differences.join()).toMatch(/metrics\.paired_loss\.rollback\.0: .* on record, .* replayed/);
    await database.pool.query('DELETE FROM "observations" WHERE "position" = 20');
    const shorter = await replayRelease(registry, release.id);
    expect(shorter.differences).toContain('20 observations were added; 19 are there');
    expect(shorter.decisions.at(-1)?.differences).toEqual(['it was made from 20 observations; 19 are there']);
  });

  it('says which release there is not', async () => {
    await expect(replayRelease(registry, 'rel-nothing')).rejects.toMatchObject({ code: 'release_not_found' });
  });
});

describe('findDifferences', () => {
  it('tells fields apart by name and not by order, and 0 from -0', () => {
    expect(findDifferences({ a: 1, b: [2] }, { b: [2], a: 1 })).toEqual([]);
    expect(findDifferences({ a: [0] }, { a: [-0], b: null })).toEqual([
      'a.0: 0 on record, 0 replayed',
      'b: nothing on record, null replayed',
    ]);
  });
});

describe('release:aa-test', () => {
  it('finds no false alarms in independent texts, and many where runs of fifty texts go together', async () => {
    await registry.releases.recordObservations(texts(800, 0.2));
    await judge({ kind: 'hold', resumes: true }, 99_999);
    const recorded = await readRecorded(registry, await registry.releases.get(release.id));
    expect(recorded).toHaveLength(800);
    const rateOf = (textsTogether: number): number =>
      measureFalseAlarms(release.policy, recorded, { times: 100, seed: 1, textsTogether }).rolledBack;
    expect(rateOf(1)).toBeLessThanOrEqual(0.02);
    expect(rateOf(50)).toBeGreaterThan(0.3);
  });
});
