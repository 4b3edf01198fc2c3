/** First key tried for a run of tokens; runs that share it are told apart by comparing them. */
function hash(ids: readonly number[], from: number, to: number): number {
  let h = 0x811c9dc5;
  for (let i = from; i < to; i++) h = Math.imul(h ^ ids[i]!, 0x01000193) ^ (h >>> 15);
  return h >>> 0;
}

/** A run of n - 1 tokens: where it ended first, and what came after it, each token once. */
interface Run {
  readonly end: number;
  readonly next: Set<number>;
}

/** Which token followed each run of n - 1 tokens of a growing text. Takes n - 1 operations per token, whatever the length. */
export class NgramIndex {
  private readonly ids: number[] = [];
  private readonly runs = new Map<number, Run>();

  /** @param n at least 1 */
  constructor(private readonly n: number) {}

  /** Adds the text's next token. */
  push(id: number): void {
    const context = this.n - 1;
    if (this.ids.length >= context) {
      const [key, run] = this.find();
      if (run) run.next.add(id);
      else this.runs.set(key, { end: this.ids.length, next: new Set([id]) });
    }
    this.ids.push(id);
  }

  /** The tokens that would make the last n tokens a run that the text has had before. */
  continuations(): ReadonlySet<number> | undefined {
    return this.ids.length < this.n - 1 ? undefined : this.find()[1]?.next;
  }

  /** The run of the last n - 1 tokens, and the key under which it stands or would stand. */
  private find(): [number, Run | undefined] {
    const context = this.n - 1;
    const end = this.ids.length;
    for (let key = hash(this.ids, end - context, end); ; key++) {
      const run = this.runs.get(key);
      if (!run || this.equal(run.end, end, context)) return [key, run];
    }
  }

  private equal(end1: number, end2: number, length: number): boolean {
    for (let i = 1; i <= length; i++) if (this.ids[end1 - i] !== this.ids[end2 - i]) return false;
    return true;
  }
}
