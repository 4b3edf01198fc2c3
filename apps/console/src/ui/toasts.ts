/** A short message at the edge of the screen. */
export interface Toast {
  readonly id: number;
  readonly tone: 'good' | 'bad' | 'info';
  readonly text: string;
}

const SHOWN_MS = 6000;
/** A failure is read more slowly. */
const BAD_SHOWN_MS = 15_000;
const MOST = 4;

/** The messages that are shown now. */
class Toasts {
  #items: readonly Toast[] = [];
  #next = 1;
  readonly #listeners = new Set<() => void>();

  get items(): readonly Toast[] {
    return this.#items;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  good(text: string): void {
    this.#add('good', text, SHOWN_MS);
  }

  info(text: string): void {
    this.#add('info', text, SHOWN_MS);
  }

  bad(text: string): void {
    this.#add('bad', text, BAD_SHOWN_MS);
  }

  dismiss(id: number): void {
    this.#set(this.#items.filter((item) => item.id !== id));
  }

  #add(tone: Toast['tone'], text: string, shownMs: number): void {
    const id = this.#next++;
    const others = this.#items.filter((item) => item.text !== text);
    this.#set([...others, { id, tone, text }].slice(-MOST));
    setTimeout(() => this.dismiss(id), shownMs);
  }

  #set(items: readonly Toast[]): void {
    this.#items = items;
    for (const listener of this.#listeners) listener();
  }
}

/** Says something without stopping anybody. */
export const toasts = new Toasts();
