import type { MetricName } from '#release-policy';

/** One metric as it stood. During the watch everything is since promotion. Logarithms are natural; null where a number is not known. */
export interface PointMetric {
  readonly metric: MetricName;
  readonly n: number;
  /** In the unit of the metric, with the limits of its interval. */
  readonly estimate: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  /** Logarithm of the wealth towards each decision. */
  readonly rollback: number | null;
  readonly promotion: number | null;
  readonly change: number | null;
}

/** What an arm did from one point to the next. */
export interface ArmCounts {
  readonly requests: number;
  readonly errors: number;
  /** Requests beyond the limit of latency. */
  readonly late: number;
  /** Of how many requests the time is known, and their sum in milliseconds. */
  readonly timed: number;
  readonly durationMs: number;
}

/** How a release stood after its first `position` observations, for drawing it. No decision reads it. */
export interface ReleasePoint {
  readonly at: Date;
  readonly position: number;
  /** Index of its stage; the number of stages during the watch. */
  readonly stageIndex: number;
  /** Those of which anything was seen. */
  readonly metrics: readonly PointMetric[];
  /** Since the point before. */
  readonly arms: { readonly candidate: ArmCounts; readonly incumbent: ArmCounts };
}

/** A point to be kept; what the arms did is counted where it is written. */
export type NewReleasePoint = Pick<ReleasePoint, 'position' | 'stageIndex' | 'metrics'>;

/** A release with how it stood over time, the oldest point first. */
export interface ReleaseHistory {
  readonly points: readonly ReleasePoint[];
  /** What the arms did after the last point. */
  readonly arms: ReleasePoint['arms'];
}
