import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, guardAgainstLeaks, type TestDatabase } from '#testing';
import { drillAa } from '../drills/aa-drill.js';
import { ABORT_SETTINGS, drillAborts } from '../drills/aborts-drill.js';
import { drillCrowd } from '../drills/crowd-drill.js';
import { drillDrain } from '../drills/drain-drill.js';
import { runsOn, type Run } from '../drills/drilled-generator.js';
import { drillFuzz, FUZZED } from '../drills/fuzz-drill.js';
import { drillSwaps, SWAPPED_VERSIONS } from '../drills/swaps-drill.js';

guardAgainstLeaks();

const SEED = 20_261_122;
/** Small, so that versions are made quickly. */
const HYPERPARAMETERS = { embedding_dim: 16, lstm_units: 24, num_layers: 1 };
const COMMON = { seed: SEED, tell: () => undefined, judgesSpeed: false, stream: false };

let database: TestDatabase;
let run: Run;

beforeEach(async () => {
  database = await createTestDatabase();
  run = runsOn({ preset: 'small', hyperparameters: HYPERPARAMETERS, connectionString: database.connectionString });
});

afterEach(() => database.close());

// The long forms are "npm run drill -- aborts|fuzz|swaps|drain|crowd|aa".
describe(`a generator (seed ${SEED})`, () => {
  it('keeps nothing of clients that go away at random moments', async () => {
    const result = await run({ settings: ABORT_SETTINGS }, (server) =>
      drillAborts(server, { ...COMMON, aborts: 400, clients: 64 }),
    );
    expect(result.failures).toEqual([]);
    expect(result.facts['outcomes']).toMatchObject({ aborted: expect.any(Number) as number });
  });

  it('answers random requests with a success or an error of the protocol', async () => {
    const result = await run(FUZZED, (server) => drillFuzz(server, { ...COMMON, requests: 800, judgesGrowth: false }));
    expect(result.failures).toEqual([]);
    expect(result.facts['statuses']).toMatchObject({ 200: expect.any(Number) as number });
  });

  it('fails no request and mixes no text while versions are swapped', async () => {
    const result = await run({ versions: SWAPPED_VERSIONS }, (server) =>
      drillSwaps(server, { ...COMMON, seconds: 4, swapEveryMs: 250, clients: 8, replays: 200 }),
    );
    expect(result.failures).toEqual([]);
    expect(result.facts['replayed']).toBeGreaterThan(0);
  });

  it('answers every request that it has taken when it is told to stop', async () => {
    const result = await drillDrain(run, { ...COMMON, rounds: 1, clients: 16 });
    expect(result.failures).toEqual([]);
    expect(result.facts['outcomes']).toMatchObject({ ok: expect.any(Number) as number });
  });

  it('keeps a version that is the same as the one before, release after release', async () => {
    // One lane: it has one database.
    const result = await drillAa(run, { releases: 2, clients: 4, lanes: 1, tell: () => undefined });
    expect(result.failures).toEqual([]);
    expect(result.facts).toMatchObject({ kept: 2, rolledBack: 0 });
  });

  it('serves a crowd, or says when to come back', async () => {
    const result = await run({}, (server) => drillCrowd(server, { ...COMMON, clients: 200, seconds: 3 }));
    expect(result.failures).toEqual([]);
  });
});
