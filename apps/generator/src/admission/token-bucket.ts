const MINUTE_MS = 60_000;

/** An allowance that is used in any pieces and comes back evenly, a whole one each minute. */
export class TokenBucket {
  #level: number;
  #atMs: number;

  /** @param perMinute how much it holds and how much comes back per minute; 0 stands for no limit, nothing is counted */
  constructor(
    readonly perMinute: number,
    private readonly nowMs: () => number,
  ) {
    this.#level = perMinute;
    this.#atMs = nowMs();
  }

  /** What may be taken now; below 0 when more was used than was thought. */
  get level(): number {
    const nowMs = this.nowMs();
    this.#level = Math.min(this.perMinute, this.#level + ((nowMs - this.#atMs) / MINUTE_MS) * this.perMinute);
    this.#atMs = nowMs;
    return this.#level;
  }

  /** Takes, below 0 if need be. A negative amount is given back. */
  take(amount: number): void {
    if (this.perMinute > 0) this.#level = Math.min(this.perMinute, this.level - amount);
  }

  /** Milliseconds until so much is there; what is more than the bucket holds is never there. */
  msUntil(amount: number): number {
    return Math.max(0, ((amount - this.level) / this.perMinute) * MINUTE_MS);
  }
}
