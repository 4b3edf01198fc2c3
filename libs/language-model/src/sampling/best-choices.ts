/** A finished text, as far as choosing among several goes. */
export interface RatedChoice {
  /** Sum of its tokens' log-probabilities by the model, before temperature, penalties, bias and cut-offs. */
  readonly logprobSum: number;
  /** Tokens generated, its end included. */
  readonly tokens: number;
}

/** Positions of the texts with the highest mean log-probability per token, best first, equal ones in their order. */
export function bestChoices(choices: readonly RatedChoice[], count: number): number[] {
  const means = choices.map(({ logprobSum, tokens }) => (tokens === 0 ? 0 : logprobSum / tokens));
  return means
    .map((_, index) => index)
    .sort((a, b) => means[b]! - means[a]! || a - b)
    .slice(0, count);
}
