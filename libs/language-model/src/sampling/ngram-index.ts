/** First key tried for a run of tokens, of 22 bits; runs that share it are told apart by comparing them. */
function hash(ids: readonly number[]): number {
  let h = 0x811c9dc5;
  for (const id of ids) h = Math.imul(h ^ id, 0x01000193) ^ (h >>> 15);
  return h >>> 10;
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

  /**
   * @param n at least 1
   * @param beginning index of the text's beginning, for the same n; it is read, must not grow any more, and may be shared
   */
  constructor(
    private readonly n: number,
    private readonly beginning: NgramIndex | null = null,
  ) {}

  private get length(): number {
    return (this.beginning?.length ?? 0) + this.ids.length;
  }

  /** Adds the text's next token. */
  push(id: number): void {
    const context = this.lastTokens();
    if (context) {
      const { key, run } = this.find(context);
      if (run) run.next.add(id);
      else this.runs.set(key, { end: this.length, next: new Set([id]) });
    }
    this.ids.push(id);
  }

  /** The tokens that would make the last n tokens a run that the text has had before. */
  continuations(): ReadonlySet<number> {
    const context = this.lastTokens();
    const runs = context ? [this.find(context).run, this.beginning?.find(context).run] : [];
    const sets = runs.flatMap((run) => (run ? [run.next] : []));
    return sets.length === 1 ? sets[0]! : new Set(sets.flatMap((set) => [...set]));
  }

  /** The last n - 1 tokens; undefined where the text is shorter. */
  private lastTokens(): number[] | undefined {
    const { length } = this;
    if (length < this.n - 1) return undefined;
    return Array.from({ length: this.n - 1 }, (_, i) => this.at(length - this.n + 1 + i));
  }

  /** The run of these tokens, and the key under which it stands or would stand. */
  private find(context: readonly number[]): { key: number; run: Run | undefined } {
    for (let key = hash(context); ; key++) {
      const run = this.runs.get(key);
      if (!run || context.every((id, i) => this.at(run.end - context.length + i) === id)) return { key, run };
    }
  }

  private at(index: number): number {
    const start = this.beginning?.length ?? 0;
    return index < start ? this.beginning!.at(index) : this.ids[index - start]!;
  }
}
