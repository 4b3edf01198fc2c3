import { setImmediate } from 'node:timers/promises';
import { fitMixture } from './mixture-weights.js';
import type { TrigramCounts } from './trigram-counts.js';

/** Words, pairs, triples and the uniform distribution. */
const ORDERS = 4;
/** A class is one of three kinds (pair seen, only its second word seen, neither) and the power of two of its context's count. */
const POWERS = 32;
const CLASSES = 3 * POWERS;
/** How many observations the weights of all classes of a kind together count in each class of it. */
const PRIOR = 20;
/** Tokens between two looks at the signal. */
const BREATH = 50_000;

/** Loss of each token of a text after its first, nats, and whether no word was more probable. */
export interface TokenScores {
  readonly losses: Float64Array;
  readonly hits: Uint8Array;
}

/**
 * An interpolated trigram model: p(w | u v) = l3 c(uvw)/c(uv) + l2 c(vw)/c(v) + l1 c(w)/N + l0/V. The weights l depend on the
 * power of two of the context's count and are fitted on text that was not counted.
 * @see Jelinek & Mercer 1980, "Interpolated estimation of Markov source parameters from sparse data"
 */
export class TrigramModel {
  private constructor(
    private readonly counts: TrigramCounts,
    /** Of each class, for orders 0 to 3. */
    private readonly weights: readonly (readonly number[])[],
    private readonly mostFrequent: number,
  ) {}

  /** Fits the weights to the tokens `start` to `end` (excluded) of a text; each is predicted from the two before it. */
  static fit(counts: TrigramCounts, text: Uint16Array, start: number, end: number): TrigramModel {
    let mostFrequent = 0;
    for (let word = 0; word < counts.vocabularySize; word++)
      if (counts.unigram(word) > counts.unigram(mostFrequent)) mostFrequent = word;
    const n = end - start;
    const components = Array.from({ length: ORDERS }, () => new Float64Array(n));
    const members = Array.from({ length: CLASSES }, (): number[] => []);
    for (let i = 0; i < n; i++) {
      const context = contextAt(counts, text, start + i);
      members[context.class]!.push(i);
      orders(counts, context, text[start + i]!).forEach((p, order) => (components[order]![i] = p));
    }
    const weights: number[][] = [];
    for (let kind = 0; kind < 3; kind++) {
      const used = components.slice(0, 2 + kind);
      const ofKind = members.slice(kind * POWERS, (kind + 1) * POWERS);
      const common = fitMixture(
        used,
        ofKind.flat(),
        used.map(() => 1),
      );
      for (const some of ofKind)
        weights.push(
          some.length === 0
            ? common
            : fitMixture(
                used,
                some,
                common.map((weight) => weight * PRIOR),
              ),
        );
    }
    return new TrigramModel(counts, weights, mostFrequent);
  }

  /** p(w | u v); without u, p(w | v). */
  probability(u: number | undefined, v: number, w: number): number {
    const context = contextOf(this.counts, u, v);
    return this.mix(context.class, orders(this.counts, context, w));
  }

  /**
   * Scores the tokens `start` to `end` (excluded) of a text into `scores`, where token i is at i - 1.
   * @throws the signal's reason
   */
  async score(text: Uint16Array, start: number, end: number, scores: TokenScores, signal?: AbortSignal): Promise<void> {
    const bestOfWord = new Map<number, number>();
    const bestOfPair = new Map<number, number>();
    for (let i = start; i < end; i++) {
      if ((i - start) % BREATH === 0) {
        await setImmediate();
        signal?.throwIfAborted();
      }
      const context = contextAt(this.counts, text, i);
      const probability = this.mix(context.class, orders(this.counts, context, text[i]!));
      scores.losses[i - 1] = -Math.log(probability);
      scores.hits[i - 1] = probability >= this.highest(context, bestOfWord, bestOfPair) ? 1 : 0;
    }
  }

  /** Probability of the most probable word. Words that never followed the pair have at most that of the best without it. */
  private highest(context: Context, bestOfWord: Map<number, number>, bestOfPair: Map<number, number>): number {
    const key = context.v * CLASSES + context.class;
    let best = bestOfWord.get(key);
    if (best === undefined) bestOfWord.set(key, (best = this.highestWithoutPair(context)));
    if (context.pair < 0) return best;
    // The class follows from the pair.
    let ofPair = bestOfPair.get(context.pair);
    if (ofPair === undefined) bestOfPair.set(context.pair, (ofPair = this.highestOfPair(context)));
    return Math.max(best, ofPair);
  }

  private highestWithoutPair(context: Context): number {
    const { counts } = this;
    const withoutPair = { ...context, pair: -1 };
    let best = this.mix(context.class, orders(counts, withoutPair, this.mostFrequent));
    const { start, end } = counts.successorsOfWord(context.v);
    for (let i = start; i < end; i++) {
      const { word, count } = counts.bigramEntry(i);
      const p2 = count / counts.contexts[context.v]!;
      best = Math.max(best, this.mix(context.class, [uniform(counts), share(counts, word), p2, 0]));
    }
    return best;
  }

  private highestOfPair(context: Context): number {
    const { start, end } = this.counts.successorsOfPair(context.pair);
    let best = 0;
    for (let i = start; i < end; i++) {
      const { word } = this.counts.trigramEntry(i);
      best = Math.max(best, this.mix(context.class, orders(this.counts, context, word)));
    }
    return best;
  }

  private mix(kindAndPower: number, probabilities: readonly number[]): number {
    const weights = this.weights[kindAndPower]!;
    let sum = 0;
    for (let order = 0; order < weights.length; order++) sum += weights[order]! * probabilities[order]!;
    return sum;
  }
}

/**
 * Scores each token of a text but the first. The weights for either half of it are fitted on the other half, so no token has a say
 * in its own probability.
 * @throws the signal's reason
 */
export async function scoreWithTrigrams(
  counts: TrigramCounts,
  text: Uint16Array,
  signal?: AbortSignal,
): Promise<TokenScores> {
  const predicted = text.length - 1;
  const scores: TokenScores = { losses: new Float64Array(predicted), hits: new Uint8Array(predicted) };
  const middle = 1 + (predicted >>> 1);
  const ofSecond = TrigramModel.fit(counts, text, middle, text.length);
  await ofSecond.score(text, 1, middle, scores, signal);
  const ofFirst = TrigramModel.fit(counts, text, 1, middle);
  await ofFirst.score(text, middle, text.length, scores, signal);
  return scores;
}

interface Context {
  readonly v: number;
  /** Index of the pair u v in the counts; -1 when it was never seen. */
  readonly pair: number;
  readonly class: number;
}

function contextAt(counts: TrigramCounts, text: Uint16Array, position: number): Context {
  return contextOf(counts, position < 2 ? undefined : text[position - 2], text[position - 1]!);
}

function contextOf(counts: TrigramCounts, u: number | undefined, v: number): Context {
  const pair = u === undefined ? -1 : counts.bigram(u, v);
  const ofWord = counts.contexts[v]!;
  const kind = pair >= 0 ? 2 : ofWord > 0 ? 1 : 0;
  const count = kind === 2 ? counts.bigramCount(pair) : Math.max(1, ofWord);
  return { v, pair, class: kind * POWERS + Math.floor(Math.log2(count)) };
}

/** Probabilities of a word by order, from the uniform distribution to the triples. */
function orders(counts: TrigramCounts, { v, pair }: Context, w: number): [number, number, number, number] {
  const ofWord = counts.contexts[v]!;
  const p2 = ofWord === 0 ? 0 : counts.bigramCount(counts.bigram(v, w)) / ofWord;
  const p3 = pair < 0 ? 0 : counts.trigramCount(pair, w) / counts.bigramCount(pair);
  return [uniform(counts), share(counts, w), p2, p3];
}

function uniform(counts: TrigramCounts): number {
  return 1 / counts.vocabularySize;
}

function share(counts: TrigramCounts, word: number): number {
  return counts.unigram(word) / counts.tokens;
}
