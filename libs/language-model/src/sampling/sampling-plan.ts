import type { SamplingParameters } from '../decoding/completion-request.js';
import { DOCUMENT_ID, UNKNOWN_ID } from '../tokenizer/token-forms.js';
import { NgramIndex } from './ngram-index.js';

/** Below this a distribution is as good as its most probable token, and its reciprocal would overflow. */
const LOWEST_TEMPERATURE = 1e-4;
/** A nucleus this small is one token. */
const SMALLEST_NUCLEUS = 1e-30;

/** Indexes of prompts, so that the texts of one request share theirs. */
const promptIndexes = new WeakMap<readonly number[], Map<number, NgramIndex>>();

function promptIndex(prompt: readonly number[], n: number): NgramIndex {
  const indexes = promptIndexes.get(prompt) ?? new Map<number, NgramIndex>();
  promptIndexes.set(prompt, indexes);
  let index = indexes.get(n);
  if (!index) {
    index = new NgramIndex(n);
    for (const id of prompt.slice(1)) index.push(id);
    indexes.set(n, index);
  }
  return index;
}

/** What is known of a token whose logit changes. */
interface Adjustment {
  readonly id: number;
  readonly bias: number;
  /** Stands in the prompt or was generated. */
  seen: boolean;
  /** How often it was generated. */
  generated: number;
}

/**
 * How one sequence's tokens are drawn: its parameters, and what they need to know of the tokens so far. The order of operations:
 *
 * 1. repetition penalty, on tokens of the prompt and generated ones: a logit above 0 is divided by it, another multiplied;
 * 2. frequency penalty times the count, and presence penalty, on generated tokens: subtracted;
 * 3. bias: added;
 * 4. bans: tokens that would repeat an n-gram, and the end of the text while `banEos` is set; when nothing would be left,
 *    n-grams may repeat;
 * 5. at temperature 0 the largest logit wins; otherwise logits are divided by the temperature, and then
 * 6. top-k, 7. top-p, 8. min-p, 9. typical-p, each on the distribution that the one before left, scaled to 1.
 *
 * 1 to 4 as in vLLM, 6 to 9 in the order of Hugging Face. `<unk>` is never drawn, whatever its bias.
 * A plan that changes no logit costs nothing per token.
 */
export class SamplingPlan {
  /** Whether the end of the text must not be drawn now. */
  banEos = false;
  /** Whether the largest logit wins. */
  readonly greedy: boolean;
  /** What the graph has to multiply this sequence's logits by, as float32. */
  readonly inverseTemperature: number;
  private readonly adjustments = new Map<number, Adjustment>();
  private readonly counts: boolean;
  private readonly ngrams: NgramIndex | undefined;

  /** @param prompt ids that the sequence begins with; the first, the document token that every one has, is not counted */
  constructor(
    readonly parameters: SamplingParameters,
    prompt: readonly number[],
  ) {
    const { temperature, topK, topP, presencePenalty, frequencyPenalty, repetitionPenalty, noRepeatNgramSize } =
      parameters;
    this.greedy = temperature < LOWEST_TEMPERATURE || topK === 1 || topP < SMALLEST_NUCLEUS;
    this.inverseTemperature = temperature < LOWEST_TEMPERATURE ? 1 : Math.fround(1 / temperature);
    this.counts = presencePenalty !== 0 || frequencyPenalty !== 0 || repetitionPenalty !== 1;
    if (noRepeatNgramSize > 0) this.ngrams = new NgramIndex(noRepeatNgramSize, promptIndex(prompt, noRepeatNgramSize));
    for (const [id, bias] of parameters.logitBias) if (bias !== 0) this.adjustment(id);
    if (repetitionPenalty !== 1) for (const id of new Set(prompt.slice(1))) this.adjustment(id).seen = true;
  }

  /** Whether tokens are left out for being improbable, or untypical. */
  get cuts(): boolean {
    const { topK, topP, minP, typicalP } = this.parameters;
    return topK > 0 || topP < 1 || minP > 0 || typicalP < 1;
  }

  /** Whether any logit changes at the next token. */
  get adjusts(): boolean {
    return this.banEos || this.adjustments.size > 0 || this.ngrams !== undefined;
  }

  /** Whether any draw reads logits, as long as the end of the text may be drawn; else the probabilities say everything. */
  get readsLogits(): boolean {
    const { typicalP } = this.parameters;
    return this.greedy || typicalP < 1 || this.counts || this.adjusts;
  }

  /** Notes that a token was generated. */
  accept(id: number): void {
    this.ngrams?.push(id);
    if (!this.counts) return;
    const adjustment = this.adjustment(id);
    adjustment.seen = true;
    adjustment.generated++;
  }

  /**
   * Calls back, once each, with the tokens whose logits change and what they change to: -Infinity for a ban.
   * @param logits raw logits of the step, from `start` on
   * @param bans whether n-grams must not repeat
   */
  adjust(logits: Float32Array, start: number, bans: boolean, set: (id: number, logit: number) => void): void {
    const { presencePenalty, frequencyPenalty, repetitionPenalty } = this.parameters;
    const banned = bans ? this.ngrams?.continuations() : undefined;
    for (const { id, bias, seen, generated } of this.adjustments.values()) {
      if (id === UNKNOWN_ID || banned?.has(id) || (this.banEos && id === DOCUMENT_ID)) continue;
      let logit = logits[start + id]!;
      if (seen) logit = logit > 0 ? logit / repetitionPenalty : logit * repetitionPenalty;
      if (generated > 0) logit -= frequencyPenalty * generated + presencePenalty;
      set(id, logit + bias);
    }
    if (banned) for (const id of banned) set(id, -Infinity);
    if (this.banEos && !banned?.has(DOCUMENT_ID)) set(DOCUMENT_ID, -Infinity);
  }

  private adjustment(id: number): Adjustment {
    let adjustment = this.adjustments.get(id);
    if (!adjustment) {
      adjustment = { id, bias: this.parameters.logitBias.get(id) ?? 0, seen: false, generated: 0 };
      this.adjustments.set(id, adjustment);
    }
    return adjustment;
  }
}
