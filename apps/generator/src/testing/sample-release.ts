import { initialState, parsePolicy } from '#release-policy';
import type { Release } from '#registry/releases';

/** When the sample was opened. */
export const OPENED = new Date('2026-11-22T18:00:00Z');
/** Stages that are over soon. */
export const FAST = {
  stages: [
    { share: 0, minSeconds: 10, minObservations: 0, minRequests: 0 },
    { share: 0.5, minSeconds: 10, minObservations: 0, minRequests: 0 },
  ],
  minObservations: 50,
  noDataSeconds: 60,
  maxSeconds: 3600,
};

/** A release in its shadow, with fields and parts of its policy changed. */
export function sampleRelease(change: Partial<Release> = {}, policy: object = {}): Release {
  return {
    id: 'rel-1',
    deployment: 'production',
    candidateVersionId: 'ft:medium:a:1',
    incumbentVersionId: 'ft:small:a:1',
    state: 'shadow',
    stage: 'shadow',
    stageIndex: 0,
    share: 0,
    policyName: 'default',
    policyVersion: 0,
    policy: parsePolicy({ ...FAST, ...policy }),
    statistics: initialState(),
    position: 0,
    observedAt: null,
    revision: 3,
    gates: { perplexity: 12 },
    openedAt: OPENED,
    openedBy: 'key:test',
    stageSince: OPENED,
    promotedAt: null,
    heldAt: null,
    resumes: null,
    resumedAt: null,
    pausedAt: null,
    pausedBy: null,
    endedAt: null,
    reason: null,
    ...change,
  };
}
