import { describe, expect, it } from 'vitest';
import { CodedError } from '#errors';
import { ApiKeyCache, type ApiKeyIdentity } from './api-key-cache.js';

const COOK: ApiKeyIdentity = { id: 'key-1', name: 'cook', scopes: ['training'] };

/** A registry of one key, with a count of how often it was asked and a clock. */
function kitchen() {
  const state = { asked: 0, nowMs: 0, owner: COOK as ApiKeyIdentity | null, failure: null as Error | null };
  const cache = new ApiKeyCache(
    async (key) => {
      state.asked += 1;
      await Promise.resolve();
      if (state.failure !== null) throw state.failure;
      return key === 'sk-cook' ? state.owner : null;
    },
    3_000,
    () => state.nowMs,
  );
  return { state, cache };
}

describe('the key cache', () => {
  it('asks once for a key that is used often, also when the uses come at the same time', async () => {
    const { state, cache } = kitchen();
    const owners = await Promise.all([1, 2, 3].map(() => cache.identify('sk-cook', 'home')));
    expect(owners).toEqual([COOK, COOK, COOK]);
    state.nowMs = 2_999;
    expect(await cache.identify('sk-cook', 'home')).toEqual(COOK);
    expect(state.asked).toBe(1);
  });

  it('learns of a revocation within three seconds', async () => {
    const { state, cache } = kitchen();
    await cache.identify('sk-cook', 'home');
    state.owner = null;
    state.nowMs = 3_000;
    expect(await cache.identify('sk-cook', 'home')).toBeNull();
  });

  it('asks once for the same wrong key', async () => {
    const { state, cache } = kitchen();
    for (let attempt = 0; attempt < 100; attempt++) expect(await cache.identify('sk-thief', 'street')).toBeNull();
    expect(state.asked).toBe(1);
  });

  it('refuses an address that tries many wrong keys, and no other address', async () => {
    const { state, cache } = kitchen();
    for (let guess = 0; guess < 30; guess++) await cache.identify(`sk-${guess}`, 'street');
    state.nowMs = 4_000;
    await expect(cache.identify('sk-30', 'street')).rejects.toMatchObject({
      code: 'rate_limit_exceeded',
      retryAfterMs: 6_000,
    });
    expect(state.asked).toBe(30);
    expect(await cache.identify('sk-30', 'home')).toBeNull();
    state.nowMs = 10_000;
    expect(await cache.identify('sk-31', 'street')).toBeNull();
  });

  it('goes on letting a good key through from an address that guesses', async () => {
    const { state, cache } = kitchen();
    await cache.identify('sk-cook', 'street');
    for (let guess = 0; guess < 30; guess++) await cache.identify(`sk-${guess}`, 'street');
    state.nowMs = 5_000;
    expect(await cache.identify('sk-cook', 'street')).toEqual(COOK);
  });

  it('does not remember a look-up that failed', async () => {
    const { state, cache } = kitchen();
    state.failure = new CodedError('database_unavailable', 'gone');
    await expect(cache.identify('sk-cook', 'home')).rejects.toThrow('gone');
    state.failure = null;
    expect(await cache.identify('sk-cook', 'home')).toEqual(COOK);
  });

  it('keeps a good key good for ten minutes while the database is away, and no other key', async () => {
    const { state, cache } = kitchen();
    await cache.identify('sk-cook', 'home');
    state.failure = new CodedError('database_unavailable', 'gone');
    for (state.nowMs = 3_000; state.nowMs < 600_000; state.nowMs += 60_000)
      expect(await cache.identify('sk-cook', 'home')).toEqual(COOK);
    await expect(cache.identify('sk-thief', 'street')).rejects.toThrow('gone');
    state.nowMs = 603_000;
    await expect(cache.identify('sk-cook', 'home')).rejects.toThrow('gone');
  });

  it('forgets a good key when the database comes back and knows it no more', async () => {
    const { state, cache } = kitchen();
    await cache.identify('sk-cook', 'home');
    state.failure = new CodedError('database_unavailable', 'gone');
    state.nowMs = 3_000;
    expect(await cache.identify('sk-cook', 'home')).toEqual(COOK);
    state.failure = null;
    state.owner = null;
    state.nowMs = 6_000;
    expect(await cache.identify('sk-cook', 'home')).toBeNull();
    state.failure = new CodedError('database_unavailable', 'gone');
    state.nowMs = 9_000;
    await expect(cache.identify('sk-cook', 'home')).rejects.toThrow('gone');
  });

  it('does not wait for a database that never answers where the key was good, and learns of a late answer', async () => {
    let nowMs = 0;
    let answer: (identity: ApiKeyIdentity | null) => void = () => undefined;
    const answers = [Promise.resolve<ApiKeyIdentity | null>(COOK)];
    const cache = new ApiKeyCache(
      () => answers.shift() ?? new Promise((resolve) => (answer = resolve)),
      3_000,
      () => nowMs,
    );
    await cache.identify('sk-cook', 'home');
    nowMs = 3_000;
    expect(await cache.identify('sk-cook', 'home')).toEqual(COOK);
    answer(null);
    await Promise.resolve();
    expect(await cache.identify('sk-cook', 'home')).toBeNull();
  });
});
