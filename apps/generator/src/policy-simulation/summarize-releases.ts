import type { SimulatedRelease } from '#release-policy/simulation';

/** How simulated releases of one candidate ended. */
export interface SimulationSummary {
  readonly releases: number;
  /** Shares of the releases, 0 to 1. */
  readonly rolledBack: number;
  readonly promoted: number;
  readonly held: number;
  /** Of those that were rolled back or promoted: half took no longer; null where there was none. */
  readonly medianSeconds: number | null;
  readonly medianTexts: number | null;
  /** Metrics that the rollbacks were for, the most frequent first. */
  readonly causes: readonly string[];
}

/** @param ended at least one */
export function summarizeReleases(ended: readonly SimulatedRelease[]): SimulationSummary {
  const share = (outcome: SimulatedRelease['outcome']): number =>
    ended.filter((release) => release.outcome === outcome).length / ended.length;
  const decided = ended.filter(({ outcome }) => outcome !== 'held');
  const causes = new Map<string, number>();
  for (const { verdict } of ended.filter(({ outcome }) => outcome === 'rolled_back')) {
    for (const { metric } of verdict.reasons) causes.set(metric ?? '', (causes.get(metric ?? '') ?? 0) + 1);
  }
  return {
    releases: ended.length,
    rolledBack: share('rolled_back'),
    promoted: share('promoted'),
    held: share('held'),
    medianSeconds: median(decided.map(({ seconds }) => seconds)),
    medianTexts: median(decided.map(({ texts }) => texts)),
    causes: [...causes].sort((a, b) => b[1] - a[1]).map(([metric]) => metric),
  };
}

function median(values: readonly number[]): number | null {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? null;
}
