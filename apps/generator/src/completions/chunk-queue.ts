import type { FinishReason } from './generation.js';

/** What a stream has to tell next. */
export type StreamEvent =
  | { readonly kind: 'text'; readonly index: number; readonly text: string }
  | { readonly kind: 'finished'; readonly index: number; readonly finishReason: FinishReason }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'ended' };

/**
 * Hands generated text from the decoder, which never waits, to a client that may read slowly.
 *
 * Text of the same choice that has not been taken yet grows into one event, so a slow client gets fewer, longer chunks
 * and the memory is bounded by the text itself.
 */
export class ChunkQueue {
  #events: StreamEvent[] = [];
  #wake: (() => void) | null = null;

  put(event: StreamEvent): void {
    const last =
      event.kind === 'text'
        ? this.#events.findLastIndex((waiting) => waiting.kind === 'text' && waiting.index === event.index)
        : -1;
    const waiting = this.#events[last];
    if (event.kind === 'text' && waiting?.kind === 'text')
      this.#events[last] = { ...waiting, text: waiting.text + event.text };
    else this.#events.push(event);
    this.#wake?.();
  }

  /** Everything that waits, in order; empty when nothing came within `timeoutMs`. */
  async take(timeoutMs: number): Promise<StreamEvent[]> {
    await this.#somethingOr(timeoutMs);
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** What {@link take} would give first, left where it is. */
  async peek(timeoutMs: number): Promise<StreamEvent | undefined> {
    await this.#somethingOr(timeoutMs);
    return this.#events[0];
  }

  async #somethingOr(timeoutMs: number): Promise<void> {
    if (this.#events.length > 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, timeoutMs);
    });
    clearTimeout(timer);
    this.#wake = null;
  }
}
