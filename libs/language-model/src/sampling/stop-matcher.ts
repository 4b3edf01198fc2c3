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
    const first = this.stops.map((stop) => text.indexOf(stop)).filter((index) => index >= 0);
    if (first.length > 0) {
      this.found = true;
      this.held = '';
      return text.slice(0, Math.min(...first));
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
