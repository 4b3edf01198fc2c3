import { METRIC_NAMES } from '../metrics.js';
import { DEFAULT_POLICY } from './default-policy.js';
import type { MetricPolicies, ReleasePolicy } from './release-policy.js';

/**
 * A policy that was stored by this or an earlier version, with every field that this one reads. It is not checked again: what was valid when it was
 * written goes on being followed. A field that it lacks is that of the default policy, except that a metric which it does not know
 * decides nothing.
 */
export function restorePolicy(stored: ReleasePolicy): ReleasePolicy {
  const known: Partial<MetricPolicies> = stored.metrics;
  const metrics = METRIC_NAMES.map((name) => {
    const silent = { ...DEFAULT_POLICY.metrics[name], budget: 0, required: false };
    return [name, known[name] === undefined ? silent : { ...DEFAULT_POLICY.metrics[name], ...known[name] }];
  });
  return {
    ...DEFAULT_POLICY,
    ...stored,
    watch: { ...DEFAULT_POLICY.watch, ...stored.watch },
    metrics: Object.fromEntries(metrics) as MetricPolicies,
    gates: { ...DEFAULT_POLICY.gates, ...stored.gates },
    rollback: { ...DEFAULT_POLICY.rollback, ...stored.rollback },
    probes: { ...DEFAULT_POLICY.probes, ...stored.probes },
    scoring: { ...DEFAULT_POLICY.scoring, ...stored.scoring },
  };
}
