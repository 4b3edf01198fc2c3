import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '#database';
import { createTestDatabase, guardAgainstLeaks, type TestDatabase } from '#testing';
import { Registry } from '../index.js';
import type { RequestClaim } from './request-claim.js';

guardAgainstLeaks();
let test: TestDatabase;
let database: Database;
let registry: Registry;

beforeEach(async () => {
  test = await createTestDatabase();
  database = openDatabase(test);
  registry = new Registry(database);
});
afterEach(async () => {
  await database.close();
  await test.close();
});

const REQUEST = { apiKeyId: 'key-1', key: 'order-7', fingerprint: 'a'.repeat(64), requestId: 'req_1' };
const ANSWER = new Uint8Array([1, 2, 3]);

async function claim(more: Partial<typeof REQUEST> = {}): Promise<RequestClaim> {
  const outcome = await registry.repeatableRequests.claim({ ...REQUEST, ...more });
  if (outcome.kind !== 'claimed') throw new Error('It was answered.');
  return outcome.claim;
}

/** A change, as the administration makes them. */
function change(claimed: RequestClaim): Promise<unknown> {
  return registry.createApiKey({ name: 'x', scopes: ['completions'], actor: 'me', claim: claimed });
}

/** As if the process that has the request had died a minute ago. */
function abandon(): Promise<unknown> {
  return database.pool.query(`UPDATE idempotency_keys SET claimed_until = now() - interval '1 second'`);
}

describe('a request that comes again', () => {
  it('is answered as the first time, for each API key by itself', async () => {
    const claimed = await claim();
    await change(claimed);
    await registry.repeatableRequests.answer(claimed, ANSWER);
    const again = await registry.repeatableRequests.claim({ ...REQUEST, requestId: 'req_2' });
    expect(again).toEqual({ kind: 'answered', answer: ANSWER });
    expect(await claim({ apiKeyId: 'key-2' })).toMatchObject({ fence: 1 });
    expect(await claim({ key: 'order-8' })).toMatchObject({ fence: 1 });
  });

  it('is refused while the first one is under way, for one of many that come at once', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => claim({ requestId: `req_${index}` })),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected')
        expect(outcome.reason).toMatchObject({ code: 'request_in_progress', retryAfterMs: 1000 });
    }
  });

  it('with another content under the same key is refused', async () => {
    await claim();
    await expect(claim({ fingerprint: 'b'.repeat(64) })).rejects.toMatchObject({
      code: 'idempotency_key_reused',
      param: 'Idempotency-Key',
    });
  });

  it('is carried out when the first one changed nothing', async () => {
    await registry.repeatableRequests.giveUp(await claim());
    expect(await claim()).toMatchObject({ fence: 1 });
  });

  it('is carried out when the first process died before its change was committed, which can then come no more', async () => {
    const first = await claim();
    await abandon();
    const second = await claim({ requestId: 'req_2' });
    expect(second).toEqual({ ...first, fence: 2 });
    await expect(change(first)).rejects.toMatchObject({ code: 'conflict' });
    await registry.repeatableRequests.answer(first, new Uint8Array([9]));
    await registry.repeatableRequests.giveUp(first);
    await change(second);
    await registry.repeatableRequests.answer(second, ANSWER);
    expect((await registry.listApiKeys()).items).toHaveLength(1);
    expect(await registry.repeatableRequests.claim(REQUEST)).toEqual({ kind: 'answered', answer: ANSWER });
  });

  it('is not carried out when the first process died after its change, and says where to look', async () => {
    await change(await claim());
    await abandon();
    await expect(claim({ requestId: 'req_2' })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('req_1') as string,
    });
    expect((await registry.listApiKeys()).items).toHaveLength(1);
  });

  it('is not carried out when the first one changed something and then failed', async () => {
    const claimed = await claim();
    await change(claimed);
    await registry.repeatableRequests.giveUp(claimed);
    await expect(claim()).rejects.toMatchObject({ code: 'conflict' });
  });

  it('is a new one a day later', async () => {
    await change(await claim());
    await database.pool.query(`UPDATE idempotency_keys SET created_at = now() - interval '25 hours'`);
    expect(await claim({ fingerprint: 'b'.repeat(64) })).toMatchObject({ fence: 1 });
  });
});
