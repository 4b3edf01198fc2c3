import type { Situation } from '#release-policy';
import type { Release } from '#registry/releases';

/**
 * Where a release stands in time.
 * @param hasNews whether observations have come that are not in its statistics yet
 */
export function situationOf(
  release: Release,
  now: Date,
  hasNews: boolean,
  failedGates: Situation['failedGates'],
): Situation {
  const { openedAt, stageSince, resumedAt, observedAt, stageIndex } = release;
  const secondsSince = (...times: readonly (Date | null)[]): number =>
    Math.max(0, now.getTime() - Math.max(...times.map((time) => time?.getTime() ?? 0))) / 1000;
  return {
    stageIndex,
    secondsInStage: secondsSince(stageSince, resumedAt),
    secondsOpen: secondsSince(openedAt, resumedAt),
    secondsWithoutData: hasNews ? 0 : secondsSince(observedAt, stageSince, resumedAt),
    failedGates,
  };
}
