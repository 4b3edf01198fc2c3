import type { MetricName } from '../metrics.js';
import type { ReleasePolicy } from '../policy/release-policy.js';

/**
 * Logarithm of the wealth that decides at this chance of being wrong: by Ville's inequality, wealth that nobody can expect to grow
 * ever reaches 1 / budget with a chance of at most `budget`. Infinite for 0.
 */
export function logBound(budget: number): number {
  return -Math.log(budget);
}

/** Logarithm of the detector that shows a change; infinite for a metric that never rolls back. */
export function logWatchBound(policy: ReleasePolicy, metric: MetricName): number {
  return policy.metrics[metric].budget === 0 ? Infinity : Math.log(policy.watch.averageRunLength);
}
