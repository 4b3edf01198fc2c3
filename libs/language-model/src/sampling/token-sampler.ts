import type { SamplingPlan } from './sampling-plan.js';
import { SamplingKernel } from './sampling-kernel.js';
import { TokenSelection, type Selection } from './token-selection.js';

/** Where a step's results for one sequence stand: V numbers from `start` on. */
export interface SampledRow {
  /** Softmax of the logits times the plan's `inverseTemperature`; 0 for `<unk>`. They need not add up to exactly 1. */
  readonly probabilities: Float32Array;
  /** The model's own logits. */
  readonly logits: Float32Array;
  readonly start: number;
}

/** First threshold of a search for the most probable tokens, as a share of the whole; falls by `STEP` until enough are found. */
const FIRST_THRESHOLD = 1 / 256;
const STEP = 1 / 8;
/** Below it the search takes everything that is not zero. */
const LOWEST_THRESHOLD = 1e-30;
/** Keeps a bound on the safe side of the rounding of float32. */
const BELOW = 1 - 1e-6;
/** Weights whose sum is within these bounds have not lost anything to the range of float32. */
const SMALLEST_SUM = 1e-12;
const LARGEST_SUM = 1e30;
/** A share of the row that 1 minus the others tells without losing bits. */
const LEAST_UNCHANGED = 1 / 16;
/** No logit of a model is below it but that of `<unk>`. */
const NEVER = -1e8;
/** Bits of the largest finite float32; above those of any weight. */
const LARGEST_BITS = 0x7f7fffff;

/**
 * Draws token ids from rows of probabilities, as a `SamplingPlan` says. Ids stand in descending frequency, so probable tokens
 * come early and the plain draw stops soon. Cut-offs look at each probability once per threshold tried, and sort nothing.
 * Equal probabilities are ordered by id. One thread may use it.
 */
export class TokenSampler {
  private readonly selection: TokenSelection;
  /** Bits of the kernel's weights. */
  private readonly bits: Int32Array;
  /** Ids that may be drawn: the first `count` of the kernel's `found`. */
  private count = 0;
  private readonly distance = new Float32Array(1);
  private readonly distanceBits = new Int32Array(this.distance.buffer);
  private readonly changedIds: number[] = [];
  private readonly changedFrom: number[] = [];

  private constructor(
    private readonly kernel: SamplingKernel,
    private readonly vocabularySize: number,
  ) {
    this.selection = new TokenSelection(vocabularySize);
    this.bits = new Int32Array(kernel.weights.buffer, kernel.weights.byteOffset, vocabularySize);
  }

  /** Makes a sampler for rows of V numbers. */
  static async create(vocabularySize: number): Promise<TokenSampler> {
    return new TokenSampler(await SamplingKernel.create(vocabularySize), vocabularySize);
  }

  /**
   * Draws one token; equal rows, plans and `uniform` give the same. The row is the same afterwards.
   * @param uniform a number in [0, 1)
   */
  sample(row: SampledRow, plan: SamplingPlan, uniform: number): number {
    if (plan.greedy) return this.largest(row, plan);
    const { probabilities, start } = row;
    if (!plan.cuts) {
      if (!plan.adjusts) return this.draw(probabilities, start, uniform);
      return this.drawInPlace(row, plan, uniform) ?? this.draw(this.kernel.weights, 0, uniform * this.weigh(row, plan));
    }
    let whole = 1; // whatever the rounding
    if (plan.adjusts) whole = this.weigh(row, plan);
    else this.kernel.weights.set(probabilities.subarray(start, start + this.vocabularySize));
    return this.drawFound(uniform * this.cut(row, plan, whole));
  }

  private largest({ logits, start }: SampledRow, plan: SamplingPlan): number {
    const { kernel } = this;
    let max: number;
    if (plan.adjusts) max = this.adjustLogits(logits, start, plan);
    else {
      kernel.logits.set(logits.subarray(start, start + this.vocabularySize));
      max = kernel.maxLogit();
    }
    return kernel.logits.indexOf(max);
  }

  /** Inverse of the cumulative sum of `weights[from .. from + V]`, at `left`. */
  private draw(weights: Float32Array, from: number, left: number): number {
    let last = 0;
    for (let id = 0; id < this.vocabularySize; id++) {
      const weight = weights[from + id]!;
      if (weight === 0) continue;
      if (left < weight) return id;
      left -= weight;
      last = id;
    }
    return last; // rounding left the sum a little below
  }

  /** Draws with the changed probabilities in the row itself; undefined where they leave too little of it to tell by subtraction. */
  private drawInPlace(row: SampledRow, plan: SamplingPlan, uniform: number): number | undefined {
    const { probabilities, logits, start } = row;
    const { changedIds, changedFrom } = this;
    const shift = this.logOfSum(row, plan);
    changedIds.length = changedFrom.length = 0;
    let unchanged = 1;
    let changed = 0;
    plan.adjust(logits, start, true, (id, logit) => {
      const from = probabilities[start + id]!;
      probabilities[start + id] = Math.exp(logit * plan.inverseTemperature - shift);
      unchanged -= from;
      changed += probabilities[start + id]!;
      changedIds.push(id);
      changedFrom.push(from);
    });
    const exact = unchanged > LEAST_UNCHANGED && changed < LARGEST_SUM;
    const token = exact ? this.draw(probabilities, start, uniform * (unchanged + changed)) : undefined;
    for (let i = 0; i < changedIds.length; i++) probabilities[start + changedIds[i]!] = changedFrom[i]!;
    return token;
  }

  /** The number that a logit, divided by the temperature, is above the logarithm of its probability. */
  private logOfSum({ probabilities, logits, start }: SampledRow, plan: SamplingPlan): number {
    // Any token will do whose probability has all its bits; there is one, since they add up to 1.
    let id = 0;
    while (probabilities[start + id]! * this.vocabularySize < 0.5) id++;
    return logits[start + id]! * plan.inverseTemperature - Math.log(probabilities[start + id]!);
  }

  /** Fills the kernel's weights with the row as the plan changes it; returns their sum. */
  private weigh(row: SampledRow, plan: SamplingPlan): number {
    const { kernel } = this;
    const { probabilities, logits, start } = row;
    const shift = this.logOfSum(row, plan);
    kernel.weights.set(probabilities.subarray(start, start + this.vocabularySize));
    plan.adjust(logits, start, true, (id, logit) => {
      kernel.weights[id] = Math.exp(logit * plan.inverseTemperature - shift);
    });
    const sum = kernel.sumWeights();
    if (sum > SMALLEST_SUM && sum < LARGEST_SUM) return sum;
    // What is left was out of the range of float32 beside what is gone: again, beside the largest one left.
    return kernel.exponentiate(this.adjustLogits(logits, start, plan), plan.inverseTemperature);
  }

  /** Fills the kernel's logits with the row as the plan changes it; returns the largest. */
  private adjustLogits(logits: Float32Array, start: number, plan: SamplingPlan): number {
    const { kernel } = this;
    const fill = (bans: boolean): number => {
      kernel.logits.set(logits.subarray(start, start + this.vocabularySize));
      plan.adjust(logits, start, bans, (id, logit) => (kernel.logits[id] = logit));
      return kernel.maxLogit();
    };
    const max = fill(true);
    return max > NEVER ? max : fill(false); // every token would repeat something
  }

  /** Leaves in `found` what the cut-offs leave of the kernel's weights, whose sum is `whole`; returns the sum left. */
  private cut(row: SampledRow, plan: SamplingPlan, whole: number): number {
    const { topK, topP, minP, typicalP } = plan.parameters;
    let mass = this.findTop(plan, whole);
    if (topK > 0 && this.count > topK) mass = this.keep(this.selectMostProbable(topK, 'count'));
    if (topP < 1) mass = this.keep(this.selectMostProbable(topP * (topK > 0 ? mass : whole), 'mass'));
    if (minP > 0) mass = this.keepAbove(minP * this.kernel.maxWeight());
    if (typicalP < 1) mass = this.keep(this.selectTypical(row, plan, mass));
    return mass;
  }

  /** Finds the most probable tokens, no fewer than any cut-off but the typical one leaves; returns their sum. */
  private findTop({ parameters: { topK, topP, minP } }: SamplingPlan, whole: number): number {
    const V = this.vocabularySize;
    // Fewer than these are not wanted: tokens below 1/V of what top-p leaves out cannot add up to more than that.
    let floor = 0;
    if (topK === 0 && topP < 1) floor = (((1 - topP) * whole) / V) * BELOW;
    if (topK === 0 && minP > 0) floor = Math.max(floor, minP * this.kernel.maxWeight() * BELOW);
    if (topK >= V || (topK === 0 && topP >= 1)) return this.find(floor);
    for (let threshold = FIRST_THRESHOLD * whole; ; threshold *= STEP) {
      if (threshold < LOWEST_THRESHOLD * whole) threshold = 0;
      threshold = Math.max(threshold, floor);
      const mass = this.find(threshold);
      if (threshold <= floor || (topK > 0 ? this.count >= topK : mass >= topP * whole)) return mass;
    }
  }

  /** Finds the tokens above a threshold; returns their sum. */
  private find(threshold: number): number {
    const { kernel } = this;
    this.count = kernel.collectWeights(threshold);
    let mass = 0;
    for (let i = 0; i < this.count; i++) mass += kernel.weights[kernel.found[i]!]!;
    return mass;
  }

  /** The most probable of the tokens found: so many of them (`count`), or until their sum is reached (`mass`). */
  private selectMostProbable(target: number, by: 'count' | 'mass'): Selection {
    const { keys, weights } = this.selection;
    const { found } = this.kernel;
    for (let i = 0; i < this.count; i++) {
      const id = found[i]!;
      keys[i] = LARGEST_BITS - this.bits[id]!;
      weights[i] = by === 'count' ? 1 : this.kernel.weights[id]!;
    }
    return this.selection.select(this.count, target);
  }

  /**
   * The tokens whose surprise is nearest to the expected one, until a share of the tokens' sum is reached. With x the logits
   * over the temperature, -ln p is a constant minus x, so the distance is |x - E x|.
   */
  private selectTypical(row: SampledRow, plan: SamplingPlan, sum: number): Selection {
    const { kernel, selection } = this;
    const { found } = kernel;
    if (plan.adjusts) this.adjustLogits(row.logits, row.start, plan);
    else kernel.logits.set(row.logits.subarray(row.start, row.start + this.vocabularySize));
    let mean = 0;
    for (let i = 0; i < this.count; i++) mean += kernel.weights[found[i]!]! * kernel.logits[found[i]!]!;
    mean /= sum;
    for (let i = 0; i < this.count; i++) {
      const id = found[i]!;
      this.distance[0] = Math.abs(kernel.logits[id]! - mean);
      selection.keys[i] = this.distanceBits[0]!;
      selection.weights[i] = kernel.weights[id]!;
    }
    return selection.select(this.count, plan.parameters.typicalP * sum);
  }

  /** Leaves of the tokens found what a selection among them keeps, in order of id; returns their sum. */
  private keep({ key, ties }: Selection): number {
    const { found, weights } = this.kernel;
    const { keys } = this.selection;
    let kept = 0;
    let mass = 0;
    let tiesLeft = ties;
    for (let i = 0; i < this.count; i++) {
      if (keys[i]! < key || (keys[i] === key && tiesLeft-- > 0)) {
        const id = found[i]!;
        found[kept++] = id;
        mass += weights[id]!;
      }
    }
    this.count = kept;
    return mass;
  }

  private keepAbove(least: number): number {
    const { found, weights } = this.kernel;
    let kept = 0;
    let mass = 0;
    for (let i = 0; i < this.count; i++) {
      const id = found[i]!;
      if (weights[id]! >= least) {
        found[kept++] = id;
        mass += weights[id]!;
      }
    }
    this.count = kept;
    return mass;
  }

  /** Inverse of the cumulative sum over the tokens found, at `left`. */
  private drawFound(left: number): number {
    const { found, weights } = this.kernel;
    const last = this.count - 1;
    for (let i = 0; i < last; i++) {
      left -= weights[found[i]!]!;
      if (left < 0) return found[i]!;
    }
    return found[last]!;
  }
}
