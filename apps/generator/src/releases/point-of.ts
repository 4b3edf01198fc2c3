import { estimate, explain, type ReleasePolicy, type ReleaseStatistics } from '#release-policy';
import type { NewReleasePoint } from '#registry/releases';

const DIGITS = 6;

/** How a release stands, for its curves. */
export function pointOf(
  policy: ReleasePolicy,
  statistics: ReleaseStatistics,
  { stageIndex, position }: Omit<NewReleasePoint, 'metrics'>,
): NewReleasePoint {
  const isWatched = stageIndex >= policy.stages.length;
  const estimates = estimate(policy, statistics);
  const metrics = explain(policy, statistics).metrics.flatMap(({ metric, n, rollback, promotion, watch }, index) => {
    const { watch: since, ...before } = estimates[index]!;
    const { estimate: value, interval } = isWatched ? since : before;
    const seen = isWatched ? watch.n : n;
    if (seen === 0) return [];
    return {
      metric,
      n: seen,
      estimate: rounded(value),
      lower: rounded(interval?.lower ?? null),
      upper: rounded(interval?.upper ?? null),
      rollback: log(rollback.wealth),
      promotion: log(promotion.wealth),
      change: log(watch.change.wealth),
    };
  });
  return { position, stageIndex, metrics };
}

/** null for the wealth of 0, whose logarithm is no number. */
function log(wealth: number): number | null {
  return wealth === 0 ? null : rounded(Math.log(wealth));
}

/** To digits that can be seen: a release may have a thousand points. */
function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(DIGITS));
}
