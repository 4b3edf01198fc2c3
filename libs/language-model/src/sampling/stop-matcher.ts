/**
 * Finds stop strings in text that comes in pieces. Text that may be the beginning of a stop string is held back until it is
 * known not to be one; a stop string and what follows it never come out.
 */
export class StopMatcher {
  private held = '';
  private found = false;

  constructor(private readonly stops: readonly string[]) {}

  /** True once a stop string was found. */
  get stopped(): boolean {
    return this.found;
  }

  /** Takes a piece of text and returns what can be shown. */
  push(piece: string): string {
    if (this.found) return '';
    const text = this.held + piece;
    const start = this.startOfStop(text);
    if (start >= 0) {
      this.found = true;
      this.held = '';
      return text.slice(0, start);
    }
    const keep = this.longestBeginning(text);
    this.held = text.slice(text.length - keep);
    return text.slice(0, text.length - keep);
  }

  /** The end of the text: what was held back is no stop string. */
  end(): string {
    const rest = this.held;
    this.held = '';
    return rest;
  }

  /**
   * Where the stop string begins that is complete first, or -1; of those complete at once the longest counts. The one that
   * begins first would not do: whether it wins would depend on how the text was cut into pieces.
   */
  private startOfStop(text: string): number {
    let start = -1;
    let end = Infinity;
    for (const stop of this.stops) {
      const at = text.indexOf(stop);
      if (at < 0 || at + stop.length > end || (at + stop.length === end && at > start)) continue;
      start = at;
      end = at + stop.length;
    }
    return start;
  }

  /** Length of the longest end of the text with which a stop string begins. */
  private longestBeginning(text: string): number {
    const longest = Math.max(0, ...this.stops.map((stop) => stop.length - 1));
    for (let length = Math.min(longest, text.length); length > 0; length--) {
      const end = text.slice(text.length - length);
      if (this.stops.some((stop) => stop.startsWith(end))) return length;
    }
    return 0;
  }
}
