/** The digits of a 31-bit key, most significant first: how far each is shifted, and its largest value. */
const DIGITS = [
  { shift: 20, largest: 2047 },
  { shift: 10, largest: 1023 },
  { shift: 0, largest: 1023 },
] as const;

/** Where a selection ends: every key below `key` is in, and the first `ties` of those equal to it. */
export interface Selection {
  readonly key: number;
  readonly ties: number;
}

/**
 * Finds the shortest run of the smallest keys whose weights reach a target. Sorts nothing: one pass weighs the keys by their
 * first digit, and the next ones look only at those that share the digits of the last key wanted.
 */
export class TokenSelection {
  /** Keys in [0, 2^31); the caller fills the first of them. */
  readonly keys: Int32Array;
  /** What each key weighs, above 0; the caller fills as many. */
  readonly weights: Float32Array;
  private readonly sums = new Float64Array(DIGITS[0].largest + 1);
  private readonly everything: Int32Array;
  private readonly members: Int32Array;

  constructor(capacity: number) {
    this.keys = new Int32Array(capacity);
    this.weights = new Float32Array(capacity);
    this.everything = Int32Array.from({ length: capacity }, (_, i) => i);
    this.members = new Int32Array(capacity);
  }

  /**
   * At least one key is in; equal keys are taken in their order; everything is in where the weights do not reach the target.
   * @param count how many keys there are, at least 1
   */
  select(count: number, target: number): Selection {
    let left = Math.max(target, Number.MIN_VALUE);
    let prefix = 0;
    let members = this.everything;
    let size = count;
    for (const { shift, largest } of DIGITS) {
      this.weigh(members, size, shift, largest);
      let digit = 0;
      while (digit <= largest && this.sums[digit]! < left) left -= this.sums[digit++]!;
      prefix += digit * 2 ** shift;
      if (digit > largest) return { key: prefix, ties: 0 }; // not reached, be it by rounding
      size = this.narrow(members, size, prefix, shift);
      members = this.members;
    }
    let ties = 0;
    while (ties < size && left > 0) left -= this.weights[members[ties++]!]!;
    return { key: prefix, ties };
  }

  private weigh(members: Int32Array, size: number, shift: number, largest: number): void {
    const { keys, weights, sums } = this;
    sums.fill(0);
    for (let i = 0; i < size; i++) {
      const member = members[i]!;
      const digit = (keys[member]! >> shift) & largest;
      sums[digit] = sums[digit]! + weights[member]!;
    }
  }

  /** Leaves the members whose key begins like `prefix`, in their order; returns how many. */
  private narrow(members: Int32Array, size: number, prefix: number, shift: number): number {
    const { keys } = this;
    const wanted = prefix >> shift;
    let kept = 0;
    for (let i = 0; i < size; i++) {
      const member = members[i]!;
      if (keys[member]! >> shift === wanted) this.members[kept++] = member;
    }
    return kept;
  }
}
