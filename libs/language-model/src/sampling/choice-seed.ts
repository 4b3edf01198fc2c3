const INCREMENT = 0x9e3779b97f4a7c15n;

/**
 * The seed of one choice of a request: the request's own for the first, well spread ones for the others.
 *
 * It is the output of SplitMix64 at position `index`, so a request with more choices begins with the same ones.
 * @see Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators (2014), figure 1
 */
export function choiceSeed(seed: bigint, index: number): bigint {
  if (index === 0) return seed;
  let z = BigInt.asUintN(64, seed + BigInt(index) * INCREMENT);
  z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return BigInt.asIntN(64, z ^ (z >> 31n));
}
