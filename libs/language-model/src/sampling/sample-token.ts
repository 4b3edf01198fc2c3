import { findCutOff, type CutOff } from './cut-off.js';

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
/** Below it the search takes everything that is not zero; a nucleus this small is one token. */
const LOWEST_THRESHOLD = 1e-30;

/**
 * Draws token ids from rows of probabilities. Ids stand in descending frequency, so probable tokens come early and
 * the plain draw stops soon. Cut-offs look at each probability once per threshold tried, and sort nothing.
 */
export class TokenSampler {
  private readonly candidates: Int32Array;
  private readonly scratch: Float32Array;
  private candidateCount = 0;

  constructor(private readonly vocabularySize: number) {
    this.candidates = new Int32Array(vocabularySize);
    this.scratch = new Float32Array(vocabularySize);
  }

  /**
   * Draws one token from `probabilities[start .. start + V]`, which need not add up to exactly 1.
   * Equal probabilities are ordered by id. Top-k applies first, then top-p to what it leaves.
   * @param uniform a number in [0, 1)
   */
  sample(probabilities: Float32Array, start: number, parameters: SamplingParameters, uniform: number): number {
    const { temperature, topP, topK } = parameters;
    if (temperature === 0 || topK === 1 || topP < LOWEST_THRESHOLD) return this.mostProbable(probabilities, start);
    if (topP >= 1 && (topK === 0 || topK >= this.vocabularySize)) {
      return this.drawFromAll(probabilities, start, uniform);
    }
    return this.drawFromTop(probabilities, start, parameters, uniform);
  }

  private mostProbable(probabilities: Float32Array, start: number): number {
    let best = 0;
    let highest = probabilities[start]!;
    for (let id = 1; id < this.vocabularySize; id++) {
      const p = probabilities[start + id]!;
      if (p > highest) {
        best = id;
        highest = p;
      }
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

  private drawFromTop(
    probabilities: Float32Array,
    start: number,
    { topK, topP }: SamplingParameters,
    uniform: number,
  ): number {
    const limit = topK === 0 ? this.vocabularySize : Math.min(topK, this.vocabularySize);
    let threshold = FIRST_THRESHOLD;
    let mass = this.collect(probabilities, start, threshold);
    while (this.candidateCount < limit && (topK > 0 || mass < topP) && threshold > 0) {
      threshold = threshold > LOWEST_THRESHOLD ? threshold * STEP : 0;
      mass = this.collect(probabilities, start, threshold);
    }
    if (topK > 0) mass = this.keep(probabilities, start, findCutOff(this.values(probabilities, start), 'count', limit));
    // Without top-k the whole is 1, whatever the rounding; with it, top-p refers to what top-k left.
    const target = topP * (topK > 0 ? mass : 1);
    if (topP < 1) mass = this.keep(probabilities, start, findCutOff(this.values(probabilities, start), 'mass', target));
    let left = uniform * mass;
    const last = this.candidateCount - 1;
    for (let i = 0; i < last; i++) {
      left -= probabilities[start + this.candidates[i]!]!;
      if (left < 0) return this.candidates[i]!;
    }
    return this.candidates[last]!;
  }

  /** The candidates' probabilities, in a buffer that may be reordered. */
  private values(probabilities: Float32Array, start: number): Float32Array {
    const values = this.scratch.subarray(0, this.candidateCount);
    for (let i = 0; i < values.length; i++) values[i] = probabilities[start + this.candidates[i]!]!;
    return values;
  }

  /** Leaves the candidates that a cut keeps, in order of id; returns their sum. */
  private keep(probabilities: Float32Array, start: number, { threshold, ties }: CutOff): number {
    let count = 0;
    let mass = 0;
    let tiesLeft = ties;
    for (let i = 0; i < this.candidateCount; i++) {
      const id = this.candidates[i]!;
      const p = probabilities[start + id]!;
      if (p > threshold || (p === threshold && tiesLeft-- > 0)) {
        this.candidates[count++] = id;
        mass += p;
      }
    }
    this.candidateCount = count;
    return mass;
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
