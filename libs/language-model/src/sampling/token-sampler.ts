import { LARGEST_VOCABULARY, UNKNOWN_ID } from '../tokenizer/token-forms.js';
import type { SamplingPlan } from './sampling-plan.js';
import { SamplingKernel } from './sampling-kernel.js';

/** Where a step's results for one sequence stand: V numbers from `start` on. */
export interface SampledRow {
  /** Softmax of the logits times the plan's `inverseTemperature`; 0 for `<unk>`. They need not add up to exactly 1. */
  readonly probabilities: Float32Array;
  /** The model's own logits. */
  readonly logits: Float32Array;
  readonly start: number;
}

/** First threshold of a search for the most probable tokens, as a share of the whole, and for the most typical ones. */
const FIRST_SHARE = 1 / 256;
const FIRST_RATIO = 1 / 4;
/** What the threshold is multiplied by until enough are found; below the smallest one everything is. */
const STEP = 1 / 8;
const SMALLEST_THRESHOLD = 1e-30;
/** A search halves what it found (on a logarithmic scale) until it is this little, but not forever where many are equal. */
const ENOUGH_FOUND = 128;
const MOST_HALVINGS = 8;
/** Weights whose sum is within these bounds have not lost anything to the range of float32. */
const SMALLEST_SUM = 1e-12;
const LARGEST_SUM = 1e30;
/** A share of the row that 1 minus the others tells without losing bits. */
const LEAST_UNCHANGED = 1 / 16;
/** Bits of the largest finite float32; above those of any weight. */
const LARGEST_BITS = 0x7f7fffff;

function bitsOf({ buffer, byteOffset, length }: Float32Array): Int32Array {
  return new Int32Array(buffer, byteOffset, length);
}

function floatOf(bits: number): number {
  return new Float32Array(Int32Array.of(bits).buffer)[0]!;
}

/**
 * Draws token ids from rows of probabilities, as a `SamplingPlan` says. Ids stand in descending frequency, so probable tokens
 * come early and the draw stops soon. Cut-offs are searched for by passes over a copy of the row, which is not sorted.
 * Equal probabilities are ordered by id. One thread may use it.
 */
export class TokenSampler {
  /** Bits of the kernel's weights and ratios, which are in the same order as the numbers. */
  private readonly weightBits: Int32Array;
  private readonly ratioBits: Int32Array;
  private readonly order: Float64Array;
  private readonly changedIds: number[] = [];
  private readonly changedFrom: number[] = [];

  private constructor(
    private readonly kernel: SamplingKernel,
    private readonly vocabularySize: number,
  ) {
    this.order = new Float64Array(vocabularySize);
    this.weightBits = bitsOf(kernel.weights);
    this.ratioBits = bitsOf(kernel.ratios);
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
    return this.draw(this.kernel.weights, 0, uniform * this.cut(row, plan, whole));
  }

  private largest({ logits, start }: SampledRow, plan: SamplingPlan): number {
    const { kernel } = this;
    if (plan.adjusts) return kernel.logits.indexOf(this.adjustLogits(logits, start, plan));
    this.copyLogits(logits, start);
    return kernel.logits.indexOf(kernel.max('logits'));
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
      this.copyLogits(logits, start);
      plan.adjust(logits, start, bans, (id, logit) => (kernel.logits[id] = logit));
      return kernel.max('logits');
    };
    const max = fill(true);
    return max > -Infinity ? max : fill(false); // every token would repeat something
  }

  /** Fills the kernel's logits with the row; `<unk>` is out of reach of any penalty there. */
  private copyLogits(logits: Float32Array, start: number): void {
    this.kernel.logits.set(logits.subarray(start, start + this.vocabularySize));
    this.kernel.logits[UNKNOWN_ID] = -Infinity;
  }

  /** Sets the kernel's weights, whose sum is `whole`, to 0 where a cut-off leaves a token out; returns the sum left. */
  private cut(row: SampledRow, plan: SamplingPlan, whole: number): number {
    const { kernel } = this;
    const { topK, topP, minP, typicalP } = plan.parameters;
    let sum = whole;
    if (topK > 0 && topK < this.vocabularySize) sum = this.keepMost('weights', FIRST_SHARE * sum, 'count', topK);
    if (topP < 1) sum = this.keepMost('weights', FIRST_SHARE * sum, 'sum', topP * sum);
    if (minP > 0) sum = kernel.keepFrom('weights', minP * kernel.max('weights'));
    if (typicalP < 1) {
      this.rateTypicality(row, plan);
      sum = this.keepMost('ratios', FIRST_RATIO, 'sum', typicalP * sum);
    }
    return sum;
  }

  /**
   * Keeps the weights of the tokens with the largest numbers in a row: so many of them (`count`), or until their weights add up
   * to the target (`sum`). Passes with falling thresholds find where that is to within a few tokens; only these are sorted.
   * @returns the sum of the weights kept
   */
  private keepMost(name: 'weights' | 'ratios', first: number, by: 'count' | 'sum', target: number): number {
    const { kernel } = this;
    const reach = (threshold: number): number =>
      by === 'count' ? kernel.countAbove(name, threshold) : kernel.sumAbove(name, threshold);
    let high = Infinity;
    let reached = 0; // by what is above `high`
    let low = first;
    for (let more = reach(low); more < target && low > 0; more = reach(low)) {
      [high, reached] = [low, more];
      low = low > SMALLEST_THRESHOLD ? low * STEP : 0;
    }
    let aboveHigh = kernel.countAbove(name, high);
    let aboveLow = kernel.countAbove(name, low);
    const largest = kernel.max(name);
    for (let halvings = 0; aboveLow - aboveHigh > ENOUGH_FOUND && halvings < MOST_HALVINGS; halvings++) {
      const middle = Math.fround(Math.sqrt(low * Math.min(high, largest)));
      const more = reach(middle);
      if (more < target) [high, reached, aboveHigh] = [middle, more, kernel.countAbove(name, middle)];
      else [low, aboveLow] = [middle, kernel.countAbove(name, middle)];
    }
    const count = kernel.collectBetween(name, low, high);
    if (count === 0) return kernel.keepFrom(name, 0); // rounding alone kept the whole from reaching the target
    // Largest first, equal ones by id: both in one number.
    const bits = name === 'weights' ? this.weightBits : this.ratioBits;
    for (let i = 0; i < count; i++) {
      const id = kernel.found[i]!;
      this.order[i] = (LARGEST_BITS - bits[id]!) * LARGEST_VOCABULARY + id;
    }
    const sorted = this.order.subarray(0, count).sort();
    let kept = 0;
    while (kept < count && (kept === 0 || reached < target)) {
      reached += by === 'count' ? 1 : kernel.weights[sorted[kept]! % LARGEST_VOCABULARY]!;
      kept++;
    }
    const last = bits[sorted[kept - 1]! % LARGEST_VOCABULARY]!;
    for (; kept < count; kept++) {
      const id = sorted[kept]! % LARGEST_VOCABULARY;
      if (bits[id] !== last) break;
      kernel.weights[id] = 0;
    }
    return kernel.keepFrom(name, floatOf(last));
  }

  /**
   * Fills the kernel's ratios with how typical each token is: e to minus the distance of its surprise from the expected one.
   * With x the logits over the temperature, surprise is a constant minus x, so the distance is |x - E x|; and with c the weight
   * that a token at E x would have, e to minus that is the smaller of w / c and c / w.
   */
  private rateTypicality(row: SampledRow, plan: SamplingPlan): void {
    const { kernel } = this;
    const { weights, logits } = kernel;
    if (plan.adjusts) this.adjustLogits(row.logits, row.start, plan);
    else this.copyLogits(row.logits, row.start);
    const max = kernel.max('weights');
    const mean = kernel.weightedLogits() / kernel.sumWeights();
    const difference = mean - logits[weights.indexOf(max)]!;
    kernel.compareWeights(max * Math.exp(difference * plan.inverseTemperature));
  }
}
