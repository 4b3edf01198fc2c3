import { foldObservation, type ReleasePolicy, type ReleaseStatistics } from '#release-policy';
import type { StoredObservation } from './release.js';

/**
 * The statistics with one more observation: what a judge does with new ones and a replay with those that were added. One of a
 * metric that this code does not know, from a newer replica, takes its place and says nothing.
 */
export function addObservation(
  policy: ReleasePolicy,
  statistics: ReleaseStatistics,
  { metric, arm, share, value, firstOfClient, at, stageIndex }: StoredObservation,
): ReleaseStatistics {
  if (metric !== 'requests' && !Object.hasOwn(statistics.metrics, metric)) return statistics;
  return foldObservation(policy, statistics, {
    metric,
    arm,
    share,
    value,
    firstOfClient,
    atMs: at.getTime(),
    stageIndex,
  });
}
