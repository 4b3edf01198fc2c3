/** How a token is drawn from a distribution that the temperature has been applied to already. */
export interface SamplingParameters {
  /** 0 = always the most probable token. */
  readonly temperature: number;
  /** Only the most probable tokens that together reach this probability; 1 = all. */
  readonly topP: number;
  /** Only this many of the most probable tokens; 0 = all. */
  readonly topK: number;
}

/** First threshold of a search for the most probable tokens; falls by `STEP` until enough are found. */
const FIRST_THRESHOLD = 1 / 256;
const STEP = 1 / 8;

/**
 * Draws token ids from rows of probabilities. Ids stand in descending frequency, so probable tokens come early and
 * the plain draw stops soon. Cut-offs look at each probability once per threshold tried, and sort only what is kept.
 */
export class TokenSampler {
  private readonly candidates: Int32Array;
  private candidateCount = 0;

  constructor(private readonly vocabularySize: number) {
    this.candidates = new Int32Array(vocabularySize);
  }

  /**
   * Draws one token from `probabilities[start .. start + V]`, which need not add up to exactly 1.
   * Equal probabilities are ordered by id. Top-k applies first, then top-p to what it leaves.
   * @param uniform a number in [0, 1)
   */
  sample(probabilities: Float32Array, start: number, parameters: SamplingParameters, uniform: number): number {
    if (parameters.temperature === 0 || parameters.topK === 1) return this.mostProbable(probabilities, start);
    if (parameters.topP >= 1 && (parameters.topK === 0 || parameters.topK >= this.vocabularySize)) {
      return this.drawFromAll(probabilities, start, uniform);
    }
    return this.drawFromTop(probabilities, start, parameters, uniform);
  }

  private mostProbable(probabilities: Float32Array, start: number): number {
    let best = 0;
    for (let id = 1; id < this.vocabularySize; id++) {
      if (probabilities[start + id]! > probabilities[start + best]!) best = id;
    }
    return best;
  }

  private drawFromAll(probabilities: Float32Array, start: number, uniform: number): number {
    let left = uniform;
    let last = 0;
    for (let id = 0; id < this.vocabularySize; id++) {
      const p = probabilities[start + id]!;
      if (p === 0) continue;
      if (left < p) return id;
      left -= p;
      last = id;
    }
    return last; // rounding left the sum a little below 1
  }

  private drawFromTop(probabilities: Float32Array, start: number, { topK, topP }: SamplingParameters, uniform: number): number {
    const limit = topK === 0 ? this.vocabularySize : Math.min(topK, this.vocabularySize);
    // Without top-k the whole is 1; with it, top-p refers to what top-k leaves, known only when all k are found.
    let threshold = FIRST_THRESHOLD;
    let mass = this.collect(probabilities, start, threshold);
    while (this.candidateCount < limit && (topK > 0 || mass < topP) && threshold > 0) {
      threshold = threshold > 1e-30 ? threshold * STEP : 0;
      mass = this.collect(probabilities, start, threshold);
    }
    const found = this.candidates.subarray(0, this.candidateCount);
    found.sort((a, b) => probabilities[start + b]! - probabilities[start + a]! || a - b);
    const kept = found.subarray(0, limit);
    let whole = topK === 0 ? 1 : 0;
    if (topK > 0) for (const id of kept) whole += probabilities[start + id]!;
    let nucleus = 0;
    let count = 0;
    while (count < kept.length && (count === 0 || nucleus < topP * whole)) nucleus += probabilities[start + kept[count++]!]!;
    let left = uniform * nucleus;
    for (const id of kept.subarray(0, count - 1)) {
      left -= probabilities[start + id]!;
      if (left < 0) return id;
    }
    return kept[count - 1]!;
  }

  /** Notes the ids whose probability is above a threshold; returns their sum. */
  private collect(probabilities: Float32Array, start: number, threshold: number): number {
    let count = 0;
    let mass = 0;
    for (let id = 0; id < this.vocabularySize; id++) {
      const p = probabilities[start + id]!;
      if (p > threshold) {
        this.candidates[count++] = id;
        mass += p;
      }
    }
    this.candidateCount = count;
    return mass;
  }
}
