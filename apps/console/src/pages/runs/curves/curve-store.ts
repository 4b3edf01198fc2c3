import { api, unwrap } from '../../../api/client.js';
import { toFailure, type ApiFailure } from '../../../api/api-failure.js';
import { extendCurve, type RunCurve } from './run-curve.js';

/** Most that is asked for at the same time, so that a page with many runs leaves room for other requests. */
const AT_ONCE = 4;

/** Curves that are kept; those that nobody has looked at for longest go. */
const KEPT = 200;

/** Curves that arrive so close to one another are shown together. */
const TOGETHER_MS = 150;

/** What is known of the curve of a run. */
export interface KnownCurve {
  readonly curve: RunCurve | null;
  readonly failure: ApiFailure | null;
  readonly isLoading: boolean;
}

const UNKNOWN: KnownCurve = { curve: null, failure: null, isLoading: true };

/** Loads curves, a few at a time, and adds to them what their runs tell since. One for the whole console. */
class CurveStore {
  #version = 0;
  #underWay = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #known = new Map<string, KnownCurve>();
  readonly #waiting = new Map<string, number>();
  readonly #asked = new Set<string>();
  readonly #watchers = new Set<() => void>();

  /** Another number whenever a curve has changed. */
  readonly version = (): number => this.#version;

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  get(id: string): KnownCurve {
    return this.#known.get(id) ?? UNKNOWN;
  }

  /** Asks for a curve, or for what came since. */
  load(id: string, points: number): void {
    if (this.#asked.has(id)) return;
    this.#waiting.set(id, points);
    this.#next();
  }

  #next(): void {
    for (const [id, points] of this.#waiting) {
      if (this.#underWay >= AT_ONCE) return;
      this.#waiting.delete(id);
      void this.#ask(id, points);
    }
  }

  async #ask(id: string, points: number): Promise<void> {
    this.#underWay += 1;
    this.#asked.add(id);
    const { curve } = this.get(id);
    const query = { points, ...(curve?.lastId ? { after: curve.lastId } : {}) };
    try {
      const answer = await unwrap(api.GET('/v1/fine_tuning/jobs/{id}/metrics', { params: { path: { id }, query } }));
      this.#put(id, { curve: extendCurve(curve, answer), failure: null, isLoading: false });
    } catch (thrown) {
      this.#put(id, { curve, failure: toFailure(thrown), isLoading: false });
    } finally {
      this.#underWay -= 1;
      this.#asked.delete(id);
      this.#next();
    }
  }

  #put(id: string, known: KnownCurve): void {
    const before = this.#known.get(id);
    this.#known.delete(id);
    this.#known.set(id, known);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= KEPT) break;
      this.#known.delete(oldest);
    }
    if (before?.curve !== known.curve || before.failure !== known.failure) this.#changed();
  }

  /** Says so once for all that arrive together: each time every chart is drawn anew. */
  #changed(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#version += 1;
      for (const watcher of this.#watchers) watcher();
    }, TOGETHER_MS);
  }
}

/** The curves of this console. */
export const curves = new CurveStore();
