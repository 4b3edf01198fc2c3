import { toFailure, type ApiFailure } from '../../../api/api-failure.js';
import type { UploadedFile } from './send-file.js';

/** A file on its way. */
export interface Upload {
  readonly key: number;
  readonly name: string;
  readonly sizeBytes: number;
  readonly sentBytes: number;
  readonly state: 'waiting' | 'sending' | 'done' | 'failed';
  readonly failure: ApiFailure | null;
  /** What it has become. */
  readonly file: UploadedFile | null;
}

/** How a file is sent; given in, so that the queue knows no network. */
export type Send = (
  file: Blob,
  name: string,
  options: { readonly signal: AbortSignal; readonly onSent: (bytes: number) => void },
) => Promise<UploadedFile>;

/** Two keep a line busy; more would only make each of them slower. */
const AT_ONCE = 2;

/** Files that are uploaded one after the other. They go on while a person looks at other pages. */
export class UploadQueue {
  #items: readonly Upload[] = [];
  #keys = 0;
  readonly #bodies = new Map<number, Blob>();
  readonly #stops = new Map<number, AbortController>();
  readonly #watchers = new Set<() => void>();

  /** @param onDone told after each file that was uploaded. */
  constructor(
    private readonly send: Send,
    private readonly onDone: () => void,
  ) {}

  readonly items = (): readonly Upload[] => this.#items;

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  add(name: string, body: Blob): void {
    const key = (this.#keys += 1);
    this.#bodies.set(key, body);
    const upload: Upload = {
      key,
      name,
      sizeBytes: body.size,
      sentBytes: 0,
      state: 'waiting',
      failure: null,
      file: null,
    };
    this.#put([...this.#items, upload]);
    this.#next();
  }

  retry(key: number): void {
    this.#change(key, { state: 'waiting', failure: null, sentBytes: 0 });
    this.#next();
  }

  /** Takes a file off the list; one that is being sent is stopped. */
  remove(key: number): void {
    this.#stops.get(key)?.abort();
    this.#bodies.delete(key);
    this.#put(this.#items.filter((item) => item.key !== key));
  }

  #next(): void {
    for (const { key, state, name } of this.#items) {
      if (this.#stops.size >= AT_ONCE) return;
      const body = this.#bodies.get(key);
      if (state === 'waiting' && body !== undefined) void this.#carryOut(key, name, body);
    }
  }

  async #carryOut(key: number, name: string, body: Blob): Promise<void> {
    const stop = new AbortController();
    this.#stops.set(key, stop);
    this.#change(key, { state: 'sending' });
    try {
      const onSent = (bytes: number): void => this.#change(key, { sentBytes: Math.min(bytes, body.size) });
      const file = await this.send(body, name, { signal: stop.signal, onSent });
      this.#bodies.delete(key);
      this.#change(key, { state: 'done', sentBytes: body.size, file });
      this.onDone();
    } catch (thrown) {
      if (!stop.signal.aborted) this.#change(key, { state: 'failed', failure: toFailure(thrown) });
    } finally {
      this.#stops.delete(key);
      this.#next();
    }
  }

  #change(key: number, change: Partial<Upload>): void {
    this.#put(this.#items.map((item) => (item.key === key ? { ...item, ...change } : item)));
  }

  #put(items: readonly Upload[]): void {
    this.#items = items;
    for (const watcher of this.#watchers) watcher();
  }
}
