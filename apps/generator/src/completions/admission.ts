import { CodedError } from '#errors';

/** Finished sequences that the drain rate is measured over. */
const MEASURED = 64;
const MAX_RETRY_AFTER_MS = 60_000;
/** Before anything was measured. */
const FIRST_GUESS_MS = 1_000;

/**
 * Bounds how many sequences may be decoded or wait at once, over all versions of this replica.
 *
 * What is over the bound is refused at once: a client that is told when to come back is better off than one that waits
 * in a queue that nobody drains in time.
 */
export class Admission {
  #inside = 0;
  readonly #finishedAtMs: number[] = [];

  /** @param capacity sequences in the batch and waiting for it */
  constructor(
    readonly capacity: number,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** Sequences that are admitted and not finished. */
  get inside(): number {
    return this.#inside;
  }

  /**
   * Admits `sequences` together or not at all. Each must {@link leave} once.
   * @throws invalid_value for more than could ever be admitted; server_is_overloaded when there is no room now
   */
  enter(sequences: number): void {
    if (sequences > this.capacity) {
      throw new CodedError(
        'invalid_value',
        `This server takes at most ${this.capacity} choices at a time. Got ${sequences}. Send several requests.`,
        { param: 'n' },
      );
    }
    const over = this.#inside + sequences - this.capacity;
    if (over > 0) {
      throw new CodedError(
        'server_is_overloaded',
        `The server is overloaded: ${this.#inside} of ${this.capacity} places are taken and this request needs ${sequences}. Try again later.`,
        { retryAfterMs: this.#drainMs(over) },
      );
    }
    this.#inside += sequences;
  }

  /** One admitted sequence is finished, failed or abandoned. */
  leave(): void {
    this.#inside -= 1;
    this.#finishedAtMs.push(this.nowMs());
    if (this.#finishedAtMs.length > MEASURED) this.#finishedAtMs.shift();
  }

  /** How long it takes until `sequences` places are free, at the rate of the last finished ones. */
  #drainMs(sequences: number): number {
    const [first] = this.#finishedAtMs;
    if (first === undefined) return FIRST_GUESS_MS;
    const perSequenceMs = (this.nowMs() - first) / this.#finishedAtMs.length;
    return Math.min(MAX_RETRY_AFTER_MS, Math.max(1, Math.ceil(perSequenceMs * sequences)));
  }
}
