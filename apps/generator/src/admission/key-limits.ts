import { CodedError } from '#errors';
import { TokenBucket } from './token-bucket.js';

/** What one API key may use of this replica; 0 sets no limit. */
export interface KeyAllowance {
  readonly requestsPerMinute: number;
  /** Prompt and completion. */
  readonly tokensPerMinute: number;
  /** Requests under way at once. */
  readonly concurrentRequests: number;
}

/** An API key, with limits of its own where they are not null. */
export interface LimitedKey {
  readonly id: string;
  readonly limits?: { readonly [Limit in keyof KeyAllowance]: number | null };
}

/** A request that its key had enough left for. */
export interface KeyUse {
  /** It is over; what it did not use of its estimate is given back. Again changes nothing. */
  end(usedTokens: number): void;
  /** It was refused after all: nothing of it counts. */
  undo(): void;
}

interface Account {
  requests: TokenBucket;
  tokens: TokenBucket;
  underWay: number;
}

/** Accounts of keys that use nothing are forgotten above this. */
const MAX_IDLE_ACCOUNTS = 1_000;
/** How long a key with too many requests under way is told to wait. */
const CONCURRENCY_WAIT_MS = 500;

/**
 * Holds each API key to its requests per minute, tokens per minute and requests under way, in the memory of this replica.
 *
 * Tokens are taken by an estimate when the request arrives; what was not used is given back at its end.
 */
export class KeyLimits {
  readonly #accounts = new Map<string, Account>();

  /** @param defaults for keys without limits of their own */
  constructor(
    private readonly defaults: KeyAllowance,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /**
   * Takes what a request needs.
   * @param tokens estimate for prompt and completion
   * @throws rate_limit_exceeded, with the time until there is enough; without one when there can never be
   */
  take(key: LimitedKey, tokens: number): KeyUse {
    const allowance = this.#allowanceOf(key);
    const account = this.#accountOf(key.id, allowance);
    checkConcurrency(allowance, account);
    checkBucket(account.requests, 1, 'requests');
    checkBucket(account.tokens, tokens, 'tokens');
    account.requests.take(1);
    account.tokens.take(tokens);
    account.underWay += 1;
    let over = false;
    const giveBack = (requests: number, unusedTokens: number): void => {
      if (over) return;
      over = true;
      account.underWay -= 1;
      account.requests.take(-requests);
      account.tokens.take(-unusedTokens);
    };
    return { end: (usedTokens) => giveBack(0, tokens - usedTokens), undo: () => giveBack(1, tokens) };
  }

  /** `x-ratelimit-*` headers: what the key may use, has left, and when all of it is back. Limits that are not set have none. */
  headers(key: LimitedKey): Record<string, string> {
    const account = this.#accountOf(key.id, this.#allowanceOf(key));
    return { ...bucketHeaders(account.requests, 'requests'), ...bucketHeaders(account.tokens, 'tokens') };
  }

  #allowanceOf({ limits }: LimitedKey): KeyAllowance {
    if (limits === undefined) return this.defaults;
    return {
      requestsPerMinute: limits.requestsPerMinute ?? this.defaults.requestsPerMinute,
      tokensPerMinute: limits.tokensPerMinute ?? this.defaults.tokensPerMinute,
      concurrentRequests: limits.concurrentRequests ?? this.defaults.concurrentRequests,
    };
  }

  #accountOf(keyId: string, { requestsPerMinute, tokensPerMinute }: KeyAllowance): Account {
    const { nowMs } = this;
    let account = this.#accounts.get(keyId);
    if (account === undefined) {
      if (this.#accounts.size > MAX_IDLE_ACCOUNTS) this.#forgetIdle();
      const requests = new TokenBucket(requestsPerMinute, nowMs);
      account = { requests, tokens: new TokenBucket(tokensPerMinute, nowMs), underWay: 0 };
      this.#accounts.set(keyId, account);
    }
    // A limit that was changed begins anew: the old level says little about it.
    if (account.requests.perMinute !== requestsPerMinute) account.requests = new TokenBucket(requestsPerMinute, nowMs);
    if (account.tokens.perMinute !== tokensPerMinute) account.tokens = new TokenBucket(tokensPerMinute, nowMs);
    return account;
  }

  #forgetIdle(): void {
    for (const [keyId, { underWay, requests, tokens }] of this.#accounts) {
      const isFull = requests.level >= requests.perMinute && tokens.level >= tokens.perMinute;
      if (underWay === 0 && isFull) this.#accounts.delete(keyId);
    }
  }
}

function checkConcurrency({ concurrentRequests: limit }: KeyAllowance, { underWay }: Account): void {
  if (limit === 0 || underWay < limit) return;
  throw new CodedError(
    'rate_limit_exceeded',
    `This API key may have ${limit} requests under way at once, and ${underWay} are. Wait until one of them has ended.`,
    { retryAfterMs: CONCURRENCY_WAIT_MS },
  );
}

function checkBucket(bucket: TokenBucket, wanted: number, unit: 'requests' | 'tokens'): void {
  if (bucket.perMinute === 0 || bucket.level >= wanted) return;
  if (wanted > bucket.perMinute) {
    throw new CodedError(
      'rate_limit_exceeded',
      `This API key may use ${bucket.perMinute} ${unit} per minute, and this request alone has about ${wanted}. Ask for less in one request.`,
    );
  }
  throw new CodedError(
    'rate_limit_exceeded',
    `This API key may use ${bucket.perMinute} ${unit} per minute; ${Math.max(0, Math.floor(bucket.level))} are left and this request needs about ${wanted}. Wait, or send less.`,
    { retryAfterMs: Math.max(1, bucket.msUntil(wanted)) },
  );
}

function bucketHeaders(bucket: TokenBucket, unit: 'requests' | 'tokens'): Record<string, string> {
  if (bucket.perMinute === 0) return {};
  return {
    [`x-ratelimit-limit-${unit}`]: String(bucket.perMinute),
    [`x-ratelimit-remaining-${unit}`]: String(Math.max(0, Math.floor(bucket.level))),
    [`x-ratelimit-reset-${unit}`]: duration(bucket.msUntil(bucket.perMinute)),
  };
}

/** As OpenAI writes durations: `17ms`, `1.5s`, `6m0s`. */
function duration(ms: number): string {
  const whole = Math.ceil(ms);
  if (whole < 1_000) return `${whole}ms`;
  if (whole < 60_000) return `${whole / 1_000}s`;
  return `${Math.floor(whole / 60_000)}m${Math.ceil((whole % 60_000) / 1_000)}s`;
}
