/** One draw of Philox: four independent 32-bit words. */
export type PhiloxWords = [number, number, number, number];

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;

/** Upper 32 bits of the product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >>> 16);
  const middle2 = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 65536) + (middle2 >>> 16)) >>> 0;
}

/**
 * Philox4x32-10, a counter-based generator: the same key and counter give the same four words, in any order of calls.
 * A resumed run therefore draws what an uninterrupted one would have, and a sequence what it would have drawn alone.
 * @see Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"
 */
export function philox(key0: number, key1: number, c0: number, c1: number, c2 = 0, c3 = 0): PhiloxWords {
  let k0 = key0 >>> 0;
  let k1 = key1 >>> 0;
  let [x0, x1, x2, x3] = [c0 >>> 0, c1 >>> 0, c2 >>> 0, c3 >>> 0];
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, x0);
    const low0 = Math.imul(MULTIPLIER_0, x0) >>> 0;
    const high1 = multiplyHigh(MULTIPLIER_1, x2);
    const low1 = Math.imul(MULTIPLIER_1, x2) >>> 0;
    x0 = (high1 ^ x1 ^ k0) >>> 0;
    x2 = (high0 ^ x3 ^ k1) >>> 0;
    x1 = low1;
    x3 = low0;
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  return [x0, x1, x2, x3];
}

/** A number in [0, 1) with 53 random bits, from two words. */
export function toUnit(high: number, low: number): number {
  return ((high >>> 5) * 67108864 + (low >>> 6)) / 9007199254740992;
}

/** What a stream of draws is for; streams of one seed never share a draw. */
export const STREAMS = { initialization: 1, dropout: 2, windowOffset: 3, sampling: 4, bootstrap: 5 } as const;

/** Fills an array with numbers in [0, 1), 32 random bits each, from counters (stream, index, block). */
export function fillUniform(out: Float32Array, seed: number, stream: number, index: number): void {
  const key1 = Math.floor(seed / 0x100000000) >>> 0;
  for (let i = 0; i < out.length; i += 4) {
    const words = philox(seed >>> 0, key1, i / 4, index, stream);
    for (let j = 0; j < 4 && i + j < out.length; j++) out[i + j] = (words[j]! >>> 8) / 16777216;
  }
}
