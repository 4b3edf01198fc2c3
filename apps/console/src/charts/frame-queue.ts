/** How long the work of a frame may take before the rest of it waits for the next one. */
const BUDGET_MS = 8;

/** Where frames and the time come from. */
interface Frames {
  readonly request: (run: () => void) => void;
  readonly nowMs: () => number;
}

const BROWSER: Frames = {
  request: (run) => void requestAnimationFrame(run),
  nowMs: () => performance.now(),
};

/** Work that is done a little in each frame, in the order in which it came, so that the page answers in between. */
export class FrameQueue {
  readonly #waiting = new Map<object, () => void>();
  #isAsked = false;

  constructor(private readonly frames: Frames = BROWSER) {}

  /** @param owner whose work it is: of what the same one adds before its turn has come, only the newest is done */
  add(owner: object, work: () => void): void {
    this.#waiting.set(owner, work);
    this.#ask();
  }

  /** Takes back what has not been done yet. */
  remove(owner: object): void {
    this.#waiting.delete(owner);
  }

  #ask(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    this.frames.request(() => {
      this.#isAsked = false;
      this.#work();
    });
  }

  #work(): void {
    const endMs = this.frames.nowMs() + BUDGET_MS;
    try {
      for (const [owner, work] of this.#waiting) {
        this.#waiting.delete(owner);
        work();
        if (this.frames.nowMs() >= endMs) return;
      }
    } finally {
      // Also after one that failed: the others are not to blame for it.
      if (this.#waiting.size > 0) this.#ask();
    }
  }
}
