import { describe, expect, it } from 'vitest';
import { KeyLimits, type KeyAllowance, type KeyUse } from './key-limits.js';

const KEY = { id: 'key-1' };
let nowMs = 0;

function open(limits: Partial<KeyAllowance> = {}): KeyLimits {
  nowMs = 0;
  const none = { requestsPerMinute: 0, tokensPerMinute: 0, concurrentRequests: 0 };
  return new KeyLimits({ ...none, ...limits }, () => nowMs);
}

function take(limits: KeyLimits, times: number, tokens = 1): KeyUse[] {
  return Array.from({ length: times }, () => limits.take(KEY, tokens));
}

function refused(more: object = {}): object {
  return expect.objectContaining({ code: 'rate_limit_exceeded', ...more }) as object;
}

describe('an API key', () => {
  it('without limits is held to none and told of none', () => {
    const limits = open();
    take(limits, 10_000, 1e9);
    expect(limits.headers(KEY)).toEqual({});
  });

  it('is refused over its requests per minute until enough came back', () => {
    const limits = open({ requestsPerMinute: 60 });
    take(limits, 60);
    expect(() => take(limits, 1)).toThrow(refused({ retryAfterMs: 1_000 }));
    nowMs += 999;
    expect(() => take(limits, 1)).toThrow(refused());
    nowMs += 1;
    take(limits, 1);
  });

  it('never has more than a minute of allowance', () => {
    const limits = open({ requestsPerMinute: 60 });
    nowMs += 3_600_000;
    take(limits, 60);
    expect(() => take(limits, 1)).toThrow(refused());
  });

  it('is refused over its tokens per minute, and gets back what it did not use', () => {
    const limits = open({ tokensPerMinute: 600 });
    const [use] = take(limits, 1, 500);
    expect(() => take(limits, 1, 200)).toThrow(refused({ retryAfterMs: 10_000 }));
    use?.end(100);
    use?.end(0);
    take(limits, 1, 500);
    expect(() => take(limits, 1)).toThrow(refused());
  });

  it('pays later for what was more than the estimate', () => {
    const limits = open({ tokensPerMinute: 600 });
    take(limits, 1, 500)[0]?.end(900);
    expect(limits.headers(KEY)).toMatchObject({ 'x-ratelimit-remaining-tokens': '0' });
    expect(() => take(limits, 1, 0)).toThrow(refused({ retryAfterMs: 30_000 }));
  });

  it('is not told to come back with a request that could never pass', () => {
    const limits = open({ tokensPerMinute: 600 });
    expect(() => take(limits, 1, 601)).toThrow(refused({ retryAfterMs: undefined }));
  });

  it('is refused over its requests under way until one has ended', () => {
    const limits = open({ concurrentRequests: 2 });
    const [first, second] = take(limits, 2);
    expect(() => take(limits, 1)).toThrow(refused({ retryAfterMs: 500 }));
    first?.end(1);
    second?.undo();
    take(limits, 2);
    expect(() => take(limits, 1)).toThrow(refused());
  });

  it('does not pay for a request that the server refused', () => {
    const limits = open({ requestsPerMinute: 2, tokensPerMinute: 100 });
    for (let refusal = 0; refusal < 5; refusal++) take(limits, 1, 100)[0]?.undo();
    take(limits, 1, 100);
  });

  it('takes nothing of one allowance when another one does not suffice', () => {
    const limits = open({ requestsPerMinute: 1, tokensPerMinute: 100 });
    expect(() => take(limits, 1, 101)).toThrow(refused());
    take(limits, 1, 100);
  });

  it('is held apart from other keys', () => {
    const limits = open({ requestsPerMinute: 1 });
    take(limits, 1);
    limits.take({ id: 'key-2' }, 1);
  });

  it('has its own limits before those of the server, and new ones at once', () => {
    const limits = open({ requestsPerMinute: 1 });
    const own = { requestsPerMinute: 3, tokensPerMinute: null, concurrentRequests: null };
    for (let request = 0; request < 3; request++) limits.take({ ...KEY, limits: own }, 1);
    expect(() => limits.take({ ...KEY, limits: own }, 1)).toThrow(refused());
    limits.take({ ...KEY, limits: { ...own, requestsPerMinute: 5 } }, 1);
    limits.take({ ...KEY, limits: { ...own, requestsPerMinute: 0 } }, 1);
    take(limits, 1);
    expect(() => take(limits, 1)).toThrow(refused());
  });

  it.each([
    [0, '0ms', '0ms'],
    [1, '100ms', '10s'],
    [5, '500ms', '50s'],
    [6, '600ms', '1m0s'],
  ])('after %i requests of 1,000 tokens is told when all is back', (times, requests, tokens) => {
    const limits = open({ requestsPerMinute: 600, tokensPerMinute: 6_000 });
    take(limits, times, 1_000);
    expect(limits.headers(KEY)).toEqual({
      'x-ratelimit-limit-requests': '600',
      'x-ratelimit-remaining-requests': String(600 - times),
      'x-ratelimit-reset-requests': requests,
      'x-ratelimit-limit-tokens': '6000',
      'x-ratelimit-remaining-tokens': String(6_000 - 1_000 * times),
      'x-ratelimit-reset-tokens': tokens,
    });
  });
});
