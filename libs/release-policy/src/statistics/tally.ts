/**
 * What was bet on, summed up so that any other bet with a fixed stake could be made from it afterwards: a row for each bin of
 * differences, or for each share that events were drawn with. Their number does not grow with the observations.
 */
export type Tally = readonly TallyRow[];

/** Observations that are much alike. */
interface TallyRow {
  /** Texts: number of the bin of their difference. Events: the share that their arm was drawn with. */
  readonly at: number;
  /** Blocks of texts, or events. */
  readonly n: number;
  /** Texts: sum of the blocks' differences in scales. Events: how many are the candidate's. */
  readonly sum: number;
}

/** A policy has at most 20 stages and a watch; shares beyond this number are left out of the tally. */
const MOST_ROWS = 32;

/** Edges of the bins, in scales: narrow where differences are many. */
const SIDE = [1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 3 / 8, 1 / 2, 3 / 4, 1];
const EDGES = [...SIDE.map((edge) => -edge).reverse(), 0, ...SIDE];

/** The bin of a difference from -1 to 1. */
export function binOf(x: number): number {
  let bin = 0;
  while (bin < EDGES.length - 2 && x >= EDGES[bin + 1]!) bin++;
  return bin;
}

/** Where a bin begins and ends. */
export function edgesOf(bin: number): readonly [number, number] {
  return [EDGES[bin]!, EDGES[bin + 1]!];
}

/** The tally with one more observation. */
export function tallied(tally: Tally, at: number, amount: number): Tally {
  const found = tally.findIndex((row) => row.at === at);
  if (found === -1) return tally.length < MOST_ROWS ? [...tally, { at, n: 1, sum: amount }] : tally;
  const { n, sum } = tally[found]!;
  return tally.with(found, { at, n: n + 1, sum: sum + amount });
}
