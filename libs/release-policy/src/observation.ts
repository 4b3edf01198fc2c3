import type { MetricName } from './metrics.js';

/**
 * One thing that was seen of a release. The order in which observations are folded is part of the record: the same observations in
 * the same order give the same statistics, bit for bit.
 */
export interface Observation {
  /** `requests` counts what was answered, for the check of the shares; everything else is a harm. */
  readonly metric: MetricName | 'requests';
  /** Which version an event came from; `both` for a text that both scored. */
  readonly arm: 'candidate' | 'incumbent' | 'both';
  /**
   * Probability of the candidate's arm when this request's arm was drawn, above 0 and below 1. Not read where both scored. An arm
   * that was not drawn (no release for this request, a replica without the candidate) is no observation.
   */
  readonly share: number;
  /**
   * Paired: candidate less incumbent, mean loss per token in nats, positive where the candidate is worse; Infinity where only the
   * candidate's is not a number. `requests`: how many, all of this arm and share. Events: not read; what was measured, for people to see.
   */
  readonly value: number;
  /**
   * Whether no earlier observation of this metric came from the same client, before promotion and during the watch each by itself.
   * Only read where the unit is the client: then all others are left out, since what one client sends goes together.
   */
  readonly firstOfClient: boolean;
  /** When it was seen, in milliseconds since 1970. The statistics do not read it. */
  readonly atMs: number;
  /** Where the release was when the request came: an index into the policy's stages, or their number during the watch. */
  readonly stageIndex: number;
}
