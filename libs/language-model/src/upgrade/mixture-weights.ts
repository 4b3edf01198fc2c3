/** Most rounds of expectation and maximisation; the weights settle long before. */
const ROUNDS = 200;
/** Change of a weight in a round below which they have settled. */
const SETTLED = 1e-7;

/** Observations of a mixture: for each component the probability that it gives to each observation. */
export type ComponentProbabilities = readonly Float64Array[];

/**
 * Weights of a mixture that make the observations of `members` most probable, by expectation maximisation; `prior`, in observations
 * for each component, is added to what the data says (the most probable weights under a Dirichlet distribution).
 * @see Jelinek & Mercer 1980; Dempster, Laird & Rubin 1977
 */
export function fitMixture(
  components: ComponentProbabilities,
  members: ArrayLike<number>,
  prior: readonly number[],
): number[] {
  const K = components.length;
  let weights = normalized(prior.map((weight) => weight + 1e-3));
  for (let round = 0; round < ROUNDS; round++) {
    const shares = [...prior];
    for (let m = 0; m < members.length; m++) {
      const i = members[m]!;
      let total = 0;
      for (let k = 0; k < K; k++) total += weights[k]! * components[k]![i]!;
      if (total === 0) continue;
      for (let k = 0; k < K; k++) shares[k]! += (weights[k]! * components[k]![i]!) / total;
    }
    const next = normalized(shares);
    const change = Math.max(...next.map((weight, k) => Math.abs(weight - weights[k]!)));
    weights = next;
    if (change < SETTLED) break;
  }
  return weights;
}

function normalized(weights: readonly number[]): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
