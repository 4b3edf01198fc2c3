/** What a drill came to. */
export interface DrillResult {
  /** What was measured. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** What went wrong; empty when nothing did. */
  readonly failures: readonly string[];
}

/** Hears of progress, line by line. */
export type Tell = (line: string) => void;

/** Most failures that are told; a drill that fails everywhere says so with a few. */
const MAX_TOLD = 20;

/** Collects what goes wrong. */
export class Failures {
  readonly #told: string[] = [];
  #count = 0;

  add(failure: string): void {
    this.#count += 1;
    if (this.#told.length < MAX_TOLD) this.#told.push(failure);
  }

  /** Adds `failure` unless `isAsPromised`. */
  unless(isAsPromised: boolean, failure: string): void {
    if (!isAsPromised) this.add(failure);
  }

  /** Those to tell, with the number of all others. */
  list(): readonly string[] {
    const untold = this.#count - this.#told.length;
    return untold === 0 ? this.#told : [...this.#told, `and ${untold} more`];
  }
}
