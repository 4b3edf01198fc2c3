import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { philox } from '../model/random.js';
import { fitMixture } from './mixture-weights.js';
import { scoreWithTrigrams, TrigramModel } from './trigram-baseline.js';
import { TrigramCounts } from './trigram-counts.js';

/** A text in which a word depends on the two before it, most of the time. */
function text(length: number, vocabularySize: number, seed: number): Uint16Array {
  const ids = new Uint16Array(length);
  for (let i = 0; i < length; i++) {
    const [dice, other] = philox(seed, 0, i, 0);
    const expected = i < 2 ? 0 : (ids[i - 1]! * 3 + ids[i - 2]! * 5 + 1) % vocabularySize;
    ids[i] = dice % 10 < 6 ? expected : Math.min(other % vocabularySize, (other >>> 8) % vocabularySize);
  }
  return ids;
}

const counted = (ids: Uint16Array, V: number, chunk?: number): Promise<TrigramCounts> =>
  TrigramCounts.count(ids, V, undefined, chunk);

describe('TrigramCounts', () => {
  it('counts what a table of all triples and pairs counts, in one chunk or in many', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 3, maxLength: 60 }),
        fc.integer({ min: 1, max: 70 }),
        async (words, chunk) => {
          const counts = await counted(Uint16Array.from(words), 6, chunk);
          const triples = words.slice(2).map((w, i) => [words[i]!, words[i + 1]!, w]);
          const count = (...start: number[]): number =>
            triples.filter((triple) => start.every((word, k) => triple[k] === word)).length;
          for (let u = 0; u < 6; u++) {
            expect(counts.unigram(u)).toBe(words.filter((word) => word === u).length);
            expect(counts.contexts[u]).toBe(count(u));
            for (let v = 0; v < 6; v++) {
              const pair = counts.bigram(u, v);
              expect(counts.bigramCount(pair)).toBe(count(u, v));
              for (let w = 0; w < 6; w++) expect(counts.trigramCount(pair, w)).toBe(count(u, v, w));
            }
          }
          expect(counts.distinctTrigrams).toBe(new Set(triples.map(String)).size);
        },
      ),
    );
  });

  it('lists the successors of a word and of a pair with their counts', async () => {
    const counts = await counted(Uint16Array.from([1, 2, 3, 1, 2, 0, 1, 2, 3, 4]), 5);
    const { start, end } = counts.successorsOfPair(counts.bigram(1, 2));
    const successors = Array.from({ length: end - start }, (_, i) => counts.trigramEntry(start + i));
    expect(successors).toEqual([
      { word: 0, count: 1 },
      { word: 3, count: 2 },
    ]);
    const ofWord = counts.successorsOfWord(2);
    expect(counts.bigramEntry(ofWord.end - 1)).toEqual({ word: 3, count: 2 });
    expect(ofWord.end - ofWord.start).toBe(2);
  });

  it('ends with the reason of the signal', async () => {
    const reason = new Error('enough');
    await expect(TrigramCounts.count(text(50, 5, 1), 5, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});

describe('fitMixture', () => {
  it('gives components that exclude each other their shares of the observations', () => {
    const owner = [0, 0, 0, 1, 2, 2];
    const components = [0, 1, 2].map((k) => Float64Array.from(owner, (one) => (one === k ? 0.5 : 0)));
    const weights = fitMixture(components, [...owner.keys()], [0, 0, 0]);
    [3 / 6, 1 / 6, 2 / 6].forEach((share, k) => {
      expect(weights[k]).toBeCloseTo(share, 10);
    });
    const drawn = fitMixture(components, [...owner.keys()], [1, 2, 1]);
    [4 / 10, 3 / 10, 3 / 10].forEach((share, k) => {
      expect(drawn[k]).toBeCloseTo(share, 10);
    });
  });

  // d/dl [3 log(0.9 l + 0.1 (1 - l)) + log(0.1 l + 0.9 (1 - l))] = 0 where 3 (0.9 - 0.8 l) = 0.1 + 0.8 l.
  it('finds the maximum of the likelihood', () => {
    const components = [Float64Array.of(0.9, 0.9, 0.9, 0.1), Float64Array.of(0.1, 0.1, 0.1, 0.9)];
    expect(fitMixture(components, [0, 1, 2, 3], [0, 0])[0]).toBeCloseTo(13 / 16, 5);
  });
});

/** The model by its definition: p(w | u v) from filtered lists, weights by as many rounds as it takes. */
function byDefinition(training: Uint16Array, fitted: Uint16Array, V: number) {
  const triples = [...training.subarray(2)].map((w, i) => [training[i]!, training[i + 1]!, w] as const);
  const count = (u: number | null, v: number | null, w: number | null): number =>
    triples.filter((t) => (u ?? t[0]) === t[0] && (v ?? t[1]) === t[1] && (w ?? t[2]) === t[2]).length;
  const parts = (u: number, v: number, w: number): number[] => {
    const estimates = [1 / V, training.filter((id) => id === w).length / training.length];
    if (count(v, null, null) > 0) estimates.push(count(v, w, null) / count(v, null, null));
    if (count(u, v, null) > 0) estimates.push(count(u, v, w) / count(u, v, null));
    return estimates;
  };
  const classOf = (u: number, v: number): string => {
    const [pair, word] = [count(u, v, null), count(v, null, null)];
    return pair > 0 ? `3 ${Math.floor(Math.log2(pair))}` : word > 0 ? `2 ${Math.floor(Math.log2(word))}` : '1';
  };
  const observed = [...fitted.subarray(2)].map((w, i) => [fitted[i]!, fitted[i + 1]!, w] as const);
  const fit = (members: readonly (readonly [number, number, number])[], prior: number[]): number[] => {
    const data = members.map((member) => parts(...member));
    let weights = prior.map(() => 1 / prior.length);
    for (let round = 0; round < 500; round++) {
      const shares = [...prior];
      for (const p of data) {
        const total = p.reduce((sum, x, k) => sum + x * weights[k]!, 0);
        p.forEach((x, k) => (shares[k]! += (x * weights[k]!) / total));
      }
      const sum = shares.reduce((a, b) => a + b);
      weights = shares.map((share) => share / sum);
    }
    return weights;
  };
  const weights = (u: number, v: number): number[] => {
    const name = classOf(u, v);
    const ofKind = observed.filter((member) => classOf(member[0], member[1])[0] === name[0]);
    const common = fit(
      ofKind,
      parts(u, v, 0).map(() => 1),
    );
    const members = ofKind.filter((member) => classOf(member[0], member[1]) === name);
    return members.length === 0
      ? common
      : fit(
          members,
          common.map((weight) => 20 * weight),
        );
  };
  return (u: number, v: number): number[] => {
    const l = weights(u, v);
    return Array.from({ length: V }, (_, w) => parts(u, v, w).reduce((sum, p, k) => sum + p * l[k]!, 0));
  };
}

describe('scoreWithTrigrams', () => {
  const V = 12;
  const training = text(4_000, V, 1);
  const heldOut = text(600, V, 2);

  it('gives every word a probability, and all together one, in every kind of context', async () => {
    // Word 11 is never in the text that is counted, 10 only at its end.
    const some = Uint16Array.from([...training.map((id) => id % 10), 10]);
    const model = TrigramModel.fit(await counted(some, V), heldOut, 1, heldOut.length);
    for (const [u, v] of [
      [undefined, 3],
      [1, 2],
      [11, 4],
      [4, 11],
      [3, 10],
      [11, 11],
    ] as const) {
      const probabilities = Array.from({ length: V }, (_, w) => model.probability(u, v, w));
      expect(Math.min(...probabilities)).toBeGreaterThan(0);
      expect(probabilities.reduce((sum, p) => sum + p)).toBeCloseTo(1, 12);
    }
  });

  it('scores each token by the probability of the model fitted to the other half', async () => {
    const counts = await counted(training, V);
    const { losses, hits } = await scoreWithTrigrams(counts, heldOut);
    expect(losses.length).toBe(599);
    const middle = 300;
    const [first, second] = [
      TrigramModel.fit(counts, heldOut, 1, middle),
      TrigramModel.fit(counts, heldOut, middle, heldOut.length),
    ];
    for (let i = 1; i < heldOut.length; i++) {
      const model = i < middle ? second : first;
      const of = (w: number): number => model.probability(heldOut[i - 2], heldOut[i - 1]!, w);
      expect(losses[i - 1]).toBeCloseTo(-Math.log(of(heldOut[i]!)), 10);
      const highest = Math.max(...Array.from({ length: V }, (_, w) => of(w)));
      expect(hits[i - 1]).toBe(of(heldOut[i]!) >= highest - 1e-15 ? 1 : 0);
    }
  });

  it('is the model of its definition, for contexts of every kind', async () => {
    const [some, held] = [Uint16Array.from([...text(300, 7, 5), 7]), text(120, 9, 6)];
    const expected = byDefinition(some, held, 9);
    const model = TrigramModel.fit(await counted(some, 9), held, 2, held.length);
    for (const [u, v] of [
      [1, 2],
      [5, 0],
      [0, 0],
      [6, 6],
      [8, 3],
      [3, 8],
      [8, 8],
    ] as const) {
      expected(u, v).forEach((p, w) => {
        expect(model.probability(u, v, w), `${u} ${v} ${w}`).toBeCloseTo(p, 5);
      });
    }
  });

  it('comes close to the entropy of a text whose words depend on two words before', async () => {
    const [counts, long] = [await counted(text(60_000, V, 3), V), text(4_000, V, 4)];
    const { losses, hits } = await scoreWithTrigrams(counts, long);
    // The source: 0.6 on the expected word, 0.4 spread by min(a mod V, b mod V).
    const chance = Array.from({ length: V }, (_, w) => (2 * (V - w) - 1) / V ** 2);
    let entropy = 0;
    for (let i = 2; i < long.length; i++) {
      const expected = (long[i - 1]! * 3 + long[i - 2]! * 5 + 1) % V;
      entropy -= Math.log(0.4 * chance[long[i]!]! + (long[i] === expected ? 0.6 : 0));
    }
    const mean = (values: Iterable<number>): number => [...values].reduce((sum, x) => sum + x, 0) / (long.length - 1);
    expect(mean(losses)).toBeGreaterThan(entropy / (long.length - 2) - 0.01);
    expect(mean(losses)).toBeLessThan(entropy / (long.length - 2) + 0.05);
    expect(mean(hits)).toBeGreaterThan(0.6);
  });

  it.each([2, 3, 4])('scores a text of %d tokens', async (length) => {
    const { losses } = await scoreWithTrigrams(await counted(training, V), heldOut.subarray(0, length));
    expect(losses.length).toBe(length - 1);
    expect([...losses].every((loss) => loss > 0 && Number.isFinite(loss))).toBe(true);
  });

  it('ends with the reason of the signal', async () => {
    const reason = new Error('enough');
    const counts = await counted(training, V);
    await expect(scoreWithTrigrams(counts, heldOut, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
