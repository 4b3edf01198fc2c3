/**
 * What one observation multiplies each wealth with, as logarithms. Every bet is fixed beforehand; the mean over the bets is what
 * counts, so that nobody has to guess how large a harm would be.
 */
export type LogFactors = readonly number[];

/** Stakes, as shares of the largest one at which no observation can ruin the wealth. */
const STAKES = [0.95, 0.475, 0.2375, 0.11875, 0.059375, 0.0296875, 0.01484375, 0.007421875];
/** How many times the margin's ratio of rates a bet expects. */
const RATIOS = [1.25, 1.5, 2, 3, 5, 10, 30];
/** Ratios of the arms that the check of the shares bets on, both ways. */
const SHARE_RATIOS = [1 / 2, 1 / 1.25, 1 / 1.1, 1.1, 1.25, 2];

/** Number of bets by the kind of the metric. */
export const BETS = { paired: STAKES.length, event: RATIOS.length, requests: SHARE_RATIOS.length } as const;

/**
 * Bets that the mean of x is above d: 1 + l (x - d). None of them gains on average while the mean of x, given all before, is at most d.
 *
 * @param x observation in [-1, 1], positive where the candidate is worse
 * @param d margin, 0 to 1
 * @see Waudby-Smith & Ramdas, https://arxiv.org/abs/2010.09686
 */
export function betsOnWorse(x: number, d: number): LogFactors {
  return STAKES.map((stake) => Math.log1p((stake / (1 + d)) * (x - d)));
}

/** Bets that the mean of x is below d: 1 + l (d - x). */
export function betsOnNotWorse(x: number, d: number): LogFactors {
  return STAKES.map((stake) => Math.log1p((stake / (1 - d)) * (d - x)));
}

/**
 * Bets on the arm of a bad event, which under a rate ratio r is the candidate's with the odds r p / (1 - p), whatever the events'
 * number and times. Each is the likelihood of a larger ratio over that of 1 + margin: a bet whose stake follows the share.
 *
 * @param isCandidate whether the event is the candidate's
 * @param share p, probability of the candidate's arm when it was drawn
 * @param margin d: the candidate's rate may be 1 + d times the incumbent's
 * @see Lindon & Malek, https://arxiv.org/abs/2011.03567
 */
export function betsOnMoreEvents(isCandidate: boolean, share: number, margin: number): LogFactors {
  return RATIOS.map((ratio) => logLikelihoodRatio(isCandidate, oddsAt(share, margin), ratio));
}

/** Bets that the candidate has fewer than 1 + margin times the events of the incumbent. */
export function betsOnFewerEvents(isCandidate: boolean, share: number, margin: number): LogFactors {
  return RATIOS.map((ratio) => logLikelihoodRatio(isCandidate, oddsAt(share, margin), 1 / ratio));
}

/** Bets that arms are not drawn with the share that was written down, for `count` requests of one arm. */
export function betsOnOtherShares(isCandidate: boolean, share: number, count: number): LogFactors {
  return SHARE_RATIOS.map((ratio) => count * logLikelihoodRatio(isCandidate, oddsAt(share, 0), ratio));
}

function oddsAt(share: number, margin: number): number {
  return ((1 + margin) * share) / (1 - share);
}

/** Likelihood of an arm at `ratio` times the odds, over that at the odds themselves. */
function logLikelihoodRatio(isCandidate: boolean, odds: number, ratio: number): number {
  return (isCandidate ? Math.log(ratio) : 0) + Math.log((1 + odds) / (1 + odds * ratio));
}
