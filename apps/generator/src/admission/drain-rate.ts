/** Work that was admitted together: how many sequences, and how many tokens they were thought to take. */
export interface Load {
  readonly sequences: number;
  /** Prompt and completion, estimated before the prompt was tokenised. */
  readonly tokens: number;
}

/** What was finished, and when. */
interface Departure extends Load {
  readonly atMs: number;
}

/** Departures that the rate is measured over. */
const MEASURED = 64;
/** Before anything was measured. */
const FIRST_GUESS_MS = 1_000;
/** Official clients ignore a wait of a minute or more, and come back after half a second. */
const LONGEST_MS = 59_000;

/** Measures how fast admitted work is finished, and says from it when there will be room. */
export class DrainRate {
  readonly #departures: Departure[] = [];

  /** @param nowMs a clock in milliseconds */
  constructor(private readonly nowMs: () => number) {}

  /** Something was finished, failed or abandoned. */
  left(load: Load): void {
    this.#departures.push({ ...load, atMs: this.nowMs() });
    if (this.#departures.length > MEASURED) this.#departures.shift();
  }

  /** Nothing is left to finish: the time until the next arrival says nothing about the speed. */
  becameIdle(): void {
    this.#departures.length = 0;
  }

  /** Milliseconds until so much more has been finished; at least 1, less than a minute. */
  waitMs(load: Load): number {
    const [first] = this.#departures;
    if (first === undefined) return FIRST_GUESS_MS;
    const elapsedMs = this.nowMs() - first.atMs;
    const finished = { sequences: 0, tokens: 0 };
    for (const { sequences, tokens } of this.#departures) {
      finished.sequences += sequences;
      finished.tokens += tokens;
    }
    const waitMs = Math.max(
      (elapsedMs / finished.sequences) * load.sequences,
      (elapsedMs / Math.max(1, finished.tokens)) * load.tokens,
    );
    return Math.min(LONGEST_MS, Math.max(1, Math.ceil(waitMs)));
  }
}
