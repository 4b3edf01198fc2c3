import type { JsonObject } from '#registry';

/** What the gates say of both versions of a release. */
export interface GateFindings {
  /** What was measured when the candidate passed, or passed again; null while it has not. */
  readonly passed: JsonObject | null;
  /** What is wrong with the candidate, in sentences; it must leave. */
  readonly candidate: readonly string[];
  /** What is wrong with the version that it is compared with. */
  readonly incumbent: readonly string[];
  /** Why the candidate cannot be asked at the moment, which says nothing about it; null when it was asked. */
  readonly waiting: string | null;
  /** The newest numbers of both, for the record. */
  readonly measured: JsonObject;
}

/** Nothing has been asked. */
export const NO_FINDINGS: GateFindings = { passed: null, candidate: [], incumbent: [], waiting: null, measured: {} };
