import type { Load } from './drain-rate.js';
import { FairQueue } from './fair-queue.js';

/** A part of a request that was admitted. */
export interface Place {
  /**
   * Fulfilled when the part may be decoded.
   * @throws the signal's reason, when it is aborted before; then the place was left
   */
  turn(signal: AbortSignal): Promise<void>;
  /** The part is finished, failed or abandoned; again changes nothing. */
  leave(): void;
}

/** Those who want the same model version: some are decoded, the others wait in a fair order. */
export class VersionLine {
  readonly #queue = new FairQueue<Entry>();
  readonly #waiting = { sequences: 0, tokens: 0 };
  #running = 0;

  /** @param capacity sequences that may be under way */
  constructor(private readonly capacity: number) {}

  get waiting(): Load {
    return this.#waiting;
  }

  get isEmpty(): boolean {
    return this.#running === 0 && this.#queue.size === 0;
  }

  enter(owner: string, part: Load, onLeft: () => void): Place {
    const entry = new Entry(part, {
      onLeft: (wasRunning) => {
        if (wasRunning) this.#running -= part.sequences;
        else this.#stopWaiting(owner, entry);
        onLeft();
        this.#grant();
      },
    });
    this.#queue.push(owner, part.tokens, entry);
    this.#waiting.sequences += part.sequences;
    this.#waiting.tokens += part.tokens;
    this.#grant();
    return entry;
  }

  #stopWaiting(owner: string, entry: Entry): void {
    this.#queue.remove(owner, entry);
    this.#waiting.sequences -= entry.part.sequences;
    this.#waiting.tokens -= entry.part.tokens;
  }

  /** Lets those begin whose turn it is. What needs more than there will ever be begins when it is alone. */
  #grant(): void {
    for (let next = this.#queue.peek(); next !== undefined; next = this.#queue.peek()) {
      const { sequences, tokens } = next.part;
      if (this.#running > 0 && this.#running + sequences > this.capacity) return;
      this.#queue.shift();
      this.#waiting.sequences -= sequences;
      this.#waiting.tokens -= tokens;
      this.#running += sequences;
      next.begin();
    }
  }
}

class Entry implements Place {
  #state: 'waiting' | 'running' | 'left' = 'waiting';
  #onBegin: (() => void) | null = null;

  constructor(
    readonly part: Load,
    private readonly line: { readonly onLeft: (wasRunning: boolean) => void },
  ) {}

  begin(): void {
    this.#state = 'running';
    this.#onBegin?.();
  }

  async turn(signal: AbortSignal): Promise<void> {
    if (signal.aborted) this.leave();
    signal.throwIfAborted();
    if (this.#state !== 'waiting') return;
    const onAbort = (): void => {
      this.leave();
      this.#onBegin?.();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    await new Promise<void>((resolve) => (this.#onBegin = resolve));
    signal.removeEventListener('abort', onAbort);
    signal.throwIfAborted();
  }

  leave(): void {
    if (this.#state === 'left') return;
    const wasRunning = this.#state === 'running';
    this.#state = 'left';
    this.line.onLeft(wasRunning);
  }
}
