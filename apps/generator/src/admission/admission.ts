import { CodedError } from '#errors';
import { DrainRate, type Load } from './drain-rate.js';
import { VersionLine, type Place } from './version-line.js';

/** How much may be decoded and wait on this replica. */
export interface AdmissionLimits {
  /** Sequences that each model version decodes side by side. */
  readonly maxBatchSize: number;
  /** Sequences that may wait, over all versions. */
  readonly maxQueuedRequests: number;
  /** Tokens that may wait, over all versions; a request that comes while nothing waits may have more. */
  readonly maxQueuedTokens: number;
}

/** Who asks, and for what. */
export interface Demand {
  /** Shares are equal between owners. */
  readonly owner: string;
  /** Model version that decodes it. */
  readonly versionId: string;
  /** Each part is decoded as a whole; parts need not be decoded together. */
  readonly parts: readonly Load[];
}

/** A share of a batch that is ready when another one ends, so that no step of the decoder has an empty row. */
const AHEAD = 1 / 4;

/**
 * Bounds what may be decoded or wait at once on this replica, and shares it out fairly.
 *
 * What is over the bound is refused at once: a client that is told when to come back is better off than one that waits
 * in a queue that nobody drains in time. What waits begins in turns, with equal shares of tokens for every owner.
 */
export class Admission {
  readonly #lines = new Map<string, VersionLine>();
  readonly #drainRate: DrainRate;
  #inside = 0;

  /** @param nowMs a clock in milliseconds */
  constructor(
    private readonly limits: AdmissionLimits,
    nowMs: () => number = () => performance.now(),
  ) {
    this.#drainRate = new DrainRate(nowMs);
  }

  /** Sequences that are admitted and not finished. */
  get inside(): number {
    return this.#inside;
  }

  /** What waits for its turn. */
  get waiting(): Load {
    return total([...this.#lines.values()].map((line) => line.waiting));
  }

  /**
   * Admits every part of a request or none. Each place must be left once.
   * @throws invalid_value for more than could ever be admitted; server_is_overloaded when there is no room now
   */
  enter({ owner, versionId, parts }: Demand): readonly Place[] {
    this.#check(total(parts));
    const line = this.#lines.get(versionId) ?? new VersionLine(Math.ceil(this.limits.maxBatchSize * (1 + AHEAD)));
    this.#lines.set(versionId, line);
    return parts.map((part) => {
      this.#inside += part.sequences;
      return line.enter(owner, part, () => this.#left(versionId, part));
    });
  }

  #check(wanted: Load): void {
    const { maxBatchSize, maxQueuedRequests, maxQueuedTokens } = this.limits;
    const capacity = maxBatchSize + maxQueuedRequests;
    if (wanted.sequences > capacity) {
      throw new CodedError(
        'invalid_value',
        `This server takes at most ${capacity} sequences at a time. Got ${wanted.sequences}. Send several requests.`,
        { param: 'n' },
      );
    }
    const over = this.inside + wanted.sequences - capacity;
    if (over > 0) {
      throw new CodedError(
        'server_is_overloaded',
        `The server is overloaded: ${this.inside} of ${capacity} places are taken and this request needs ${wanted.sequences}. Try again later.`,
        { retryAfterMs: this.#drainRate.waitMs({ sequences: over, tokens: 0 }) },
      );
    }
    const { tokens } = this.waiting;
    const tokensOver = tokens + wanted.tokens - maxQueuedTokens;
    if (tokens > 0 && tokensOver > 0) {
      throw new CodedError(
        'server_is_overloaded',
        `The server is overloaded: about ${tokens} tokens wait, the limit is ${maxQueuedTokens}, and this request has about ${wanted.tokens}. Try again later.`,
        { retryAfterMs: this.#drainRate.waitMs({ sequences: 0, tokens: tokensOver }) },
      );
    }
  }

  #left(versionId: string, part: Load): void {
    this.#inside -= part.sequences;
    this.#drainRate.left(part);
    if (this.inside === 0) this.#drainRate.becameIdle();
    if (this.#lines.get(versionId)?.isEmpty === true) this.#lines.delete(versionId);
  }
}

function total(loads: readonly Load[]): Load {
  const sum = { sequences: 0, tokens: 0 };
  for (const { sequences, tokens } of loads) {
    sum.sequences += sequences;
    sum.tokens += tokens;
  }
  return sum;
}
