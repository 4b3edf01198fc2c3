import { UNKNOWN_ID } from '../tokenizer/token-forms.js';
import { SamplingKernel } from './sampling-kernel.js';

/** A token and its log-probability in nats. */
export interface ScoredToken {
  readonly id: number;
  readonly logprob: number;
}

/** What the model thought of one position. */
export interface PositionScore {
  /** The most probable tokens, descending, equal ones by id; never `<unk>`. */
  readonly top: readonly ScoredToken[];
  /** Logarithm of the sum of the exponentials of the logits but that of `<unk>`: another token's log-probability is its logit minus this. */
  readonly logOfSum: number;
}

/** A search for the most probable tokens takes all that there are when it has gone so far below the largest logit. */
const LARGEST_GAP = 128;

/**
 * Log-probabilities of the model itself, before temperature, penalties, bias and cut-offs, from rows of raw logits.
 * One thread may use it.
 */
export class TokenScorer {
  private constructor(private readonly kernel: SamplingKernel) {}

  /** Makes a scorer for rows of V logits. */
  static async create(vocabularySize: number): Promise<TokenScorer> {
    return new TokenScorer(await SamplingKernel.create(vocabularySize));
  }

  /**
   * Looks at the row `logits[start .. start + V]`.
   * @param count how many of the most probable tokens to tell; there are fewer where the vocabulary is smaller
   */
  score(logits: Float32Array, start: number, count: number): PositionScore {
    const { kernel } = this;
    kernel.logits.set(logits.subarray(start, start + kernel.logits.length));
    kernel.logits[UNKNOWN_ID] = -Infinity;
    const max = kernel.max('logits');
    const logOfSum = max + Math.log(kernel.exponentiate(max, 1));
    return { top: this.top(max, count).map((id) => ({ id, logprob: kernel.logits[id]! - logOfSum })), logOfSum };
  }

  private top(max: number, count: number): number[] {
    const { kernel } = this;
    const top: number[] = [];
    if (count === 0) return top;
    let found = 0;
    for (let gap = 1; found < count && gap <= LARGEST_GAP; gap *= 2)
      found = kernel.collectBetween('logits', gap < LARGEST_GAP ? max - gap : -Infinity, Infinity);
    for (let i = 0; i < found; i++) {
      const id = kernel.found[i]!;
      const logit = kernel.logits[id]!;
      if (top.length === count && logit <= kernel.logits[top[count - 1]!]!) continue;
      let at = Math.min(top.length, count - 1);
      for (; at > 0 && logit > kernel.logits[top[at - 1]!]!; at--) top[at] = top[at - 1]!;
      top[at] = id;
    }
    return top;
  }
}
