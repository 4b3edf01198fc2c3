import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '#database';
import { createTestDatabase, guardAgainstLeaks, type TestDatabase } from '#testing';
import { Traffic, type CompletionRecord } from './index.js';

guardAgainstLeaks();
let test: TestDatabase;
let database: Database;
let traffic: Traffic;
let count = 0;

beforeAll(async () => {
  test = await createTestDatabase();
  database = openDatabase(test);
  traffic = new Traffic(database);
});
afterAll(async () => {
  await database.close();
  await test.close();
});

let requestId = '';
beforeEach(() => {
  requestId = `request-${++count}`;
});
afterEach(() => traffic.pruneCompletions(new Date('2100-01-01'), 10_000));

function record(change: Partial<CompletionRecord> = {}): CompletionRecord {
  return {
    id: `cmpl-${count}`,
    requestId,
    at: new Date('2026-11-23T04:05:06.789Z'),
    replicaId: 'replica-1',
    deployment: 'production',
    model: 'small',
    versionId: 'ft:small:test:1',
    arm: 'candidate',
    releaseId: 'rel-1',
    keyId: 'key-1',
    outcome: 'completed',
    promptTokens: 7,
    completionTokens: 64,
    totalMs: 12.345678901234567,
    ...change,
  };
}

describe('records of completions', () => {
  it('come back as they were written, whatever is in a text', async () => {
    const odd = `${requestId} "quoted" \\ back 'single' \u2028 \u{1F600} {"a":[1]}`;
    const written = record({ requestId: odd, model: '—', releaseId: null, keyId: '' });
    await traffic.recordCompletions([written]);
    expect(await traffic.findCompletions(odd, 2)).toEqual([written]);
    expect(await traffic.findCompletions(written.id, 2)).toEqual([written]);
  });

  it('are the same after a batch is written again, with new ones in it', async () => {
    const first = record();
    await traffic.recordCompletions([first]);
    const second = record({ id: `cmpl-${count}-second`, at: new Date('2026-11-23T04:05:07.000Z') });
    await traffic.recordCompletions([{ ...first, versionId: 'ft:small:other:2' }, second]);
    expect(await traffic.findCompletions(requestId, 10)).toEqual([second, first]);
  });

  it('are written a thousand at a time, and none at all', async () => {
    const batch = Array.from({ length: 1_000 }, (_, index) => record({ id: `cmpl-${count}-${index}` }));
    await traffic.recordCompletions(batch);
    await traffic.recordCompletions([]);
    const found = await traffic.findCompletions(requestId, 2_000);
    expect(new Set(found.map(({ id }) => id))).toEqual(new Set(batch.map(({ id }) => id)));
  });
});
