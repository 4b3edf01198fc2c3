interface Waiting<T> {
  readonly item: T;
  /** Virtual time at which it would begin if every owner got an equal share. */
  readonly startAt: number;
}

/** What one owner has waiting. */
interface Lane<T> {
  readonly waiting: Waiting<T>[];
  /** Virtual time at which everything that the owner ever put in would be done. */
  endsAt: number;
}

/** Owners that are remembered although nothing of theirs waits. */
const MAX_IDLE_OWNERS = 1_000;

/**
 * A queue that gives each owner the same share of the work, however much each has put in; an owner's own items keep
 * their order.
 *
 * @see Goyal, Vin and Cheng, Start-time Fair Queueing (1996), section 2: items are served in the order of their start tags
 */
export class FairQueue<T> {
  readonly #lanes = new Map<string, Lane<T>>();
  #virtualTime = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @param cost how much work the item is, in any unit that is the same for all */
  push(owner: string, cost: number, item: T): void {
    const lane = this.#lanes.get(owner) ?? { waiting: [], endsAt: 0 };
    const startAt = Math.max(this.#virtualTime, lane.endsAt);
    lane.endsAt = startAt + cost;
    lane.waiting.push({ item, startAt });
    this.#lanes.set(owner, lane);
    this.#size += 1;
    if (this.#lanes.size > MAX_IDLE_OWNERS) this.#forgetIdle();
  }

  /** The item that is next. */
  peek(): T | undefined {
    return this.#next()?.waiting[0]?.item;
  }

  /** Takes out what {@link peek} gives. */
  shift(): T | undefined {
    const next = this.#next()?.waiting.shift();
    if (next === undefined) return undefined;
    this.#virtualTime = next.startAt;
    this.#size -= 1;
    return next.item;
  }

  /** Takes an item out wherever it stands. */
  remove(owner: string, item: T): void {
    const waiting = this.#lanes.get(owner)?.waiting ?? [];
    const index = waiting.findIndex((candidate) => candidate.item === item);
    if (index < 0) return;
    waiting.splice(index, 1);
    this.#size -= 1;
  }

  #next(): Lane<T> | undefined {
    let next: Lane<T> | undefined;
    let startAt = Infinity;
    for (const lane of this.#lanes.values()) {
      const [first] = lane.waiting;
      if (first === undefined || first.startAt >= startAt) continue;
      startAt = first.startAt;
      next = lane;
    }
    return next;
  }

  /** Forgets owners whose share is used up no more than everybody's. */
  #forgetIdle(): void {
    for (const [owner, lane] of this.#lanes)
      if (lane.waiting.length === 0 && lane.endsAt <= this.#virtualTime) this.#lanes.delete(owner);
  }
}
