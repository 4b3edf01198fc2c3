import type { Observation, ReleasePolicy, ReleaseStatistics } from '#release-policy';
import type { Actor } from '../inputs.js';
import type { Deployment, JsonObject } from '../records.js';
import type { ReleaseState } from '../transitions.js';

/**
 * How far a release has come: the candidate is only scored, serves a share, or has become the incumbent and is watched.
 */
export type ReleaseStage = 'shadow' | 'canary' | 'watched';

/** One attempt to replace the incumbent of a deployment. */
export interface Release {
  /** `rel-` and 22 random letters and digits. */
  readonly id: string;
  readonly deployment: string;
  readonly candidateVersionId: string;
  /** What served when it was opened: the candidate is compared with it, and a rollback goes back to it. */
  readonly incumbentVersionId: string;
  readonly state: ReleaseState;
  /** Also while it is held, and the one that it ended in. */
  readonly stage: ReleaseStage;
  /** Counts the stages of its policy, from 0; their number while it is watched. */
  readonly stageIndex: number;
  /** Probability with which a request is served by the candidate, 0 to 1. */
  readonly share: number;
  readonly policyName: string;
  /** 0: the one that is built in. */
  readonly policyVersion: number;
  /** The policy as it was when the release was opened. */
  readonly policy: ReleasePolicy;
  /** What the observations up to `position` amount to. */
  readonly statistics: ReleaseStatistics;
  /** How many observations are in the statistics. */
  readonly position: number;
  /** When observations were last added to the statistics, by the clock of the database. */
  readonly observedAt: Date | null;
  /** Counts its changes; a change names the number that it found. */
  readonly revision: number;
  /** What the hard gates measured; null until the candidate has passed them. It serves nothing before. */
  readonly gates: JsonObject | null;
  readonly openedAt: Date;
  readonly openedBy: string;
  readonly stageSince: Date;
  readonly promotedAt: Date | null;
  readonly heldAt: Date | null;
  /** Of a held one: whether it goes on by itself once what holds it is over. */
  readonly resumes: boolean | null;
  /** When a person last let it go on: the limits of time count from then. */
  readonly resumedAt: Date | null;
  /** A paused release takes no step forward; its candidate is rolled back all the same. */
  readonly pausedAt: Date | null;
  readonly pausedBy: string | null;
  readonly endedAt: Date | null;
  /** Why it was opened, is held or ended. */
  readonly reason: string | null;
}

/** What can happen in a release. `proposed` is what a dry run would have done. */
export type ReleaseEventKind =
  | 'opened'
  | 'gates_passed'
  | 'advanced'
  | 'promoted'
  | 'completed'
  | 'held'
  | 'resumed'
  | 'paused'
  | 'unpaused'
  | 'rolled_back'
  | 'superseded'
  | 'aborted'
  | 'proposed'
  | 'alarm';

/** Something that happened in a release, with the evidence. Never changed or removed. */
export interface ReleaseEvent {
  readonly id: string;
  readonly releaseId: string;
  readonly at: Date;
  readonly kind: ReleaseEventKind;
  readonly actor: string;
  /** For a person: what happened and why. */
  readonly message: string;
  /** The numbers that it was decided by. */
  readonly evidence: JsonObject;
  readonly requestId: string | null;
}

/** A release as it stands now. */
export interface ReleaseCase {
  readonly release: Release;
  readonly deployment: Deployment;
  /** By the clock of the database, as every other time of the release. */
  readonly now: Date;
  /** The newest thing that happened in it. */
  readonly lastEvent: ReleaseEvent | null;
}

/** Something that a replica observed of candidate or incumbent while a release was open. */
export interface NewObservation {
  readonly releaseId: string;
  /** By the clock of the replica. */
  readonly at: Date;
  readonly replicaId: string;
  /** null for one that no completion caused, such as a probe. */
  readonly requestId: string | null;
  readonly metric: Observation['metric'];
  readonly arm: 'candidate' | 'incumbent' | 'both';
  /** The `stageIndex` of the release when it was made. */
  readonly stageIndex: number;
  /** Probability of the candidate's arm when the arm was drawn, 0 to 1. */
  readonly share: number;
  /** Not NaN; its unit is that of the metric. */
  readonly value: number;
  /** How many tokens it was measured on; at least 1, null where that means nothing. */
  readonly tokens: number | null;
  /** Whose request it was, hashed; null where the policy does not count clients. */
  readonly client: string | null;
  /** Of counted requests: the sum of their times in milliseconds. */
  readonly durationMs?: number | null;
  /** Of two observations with the same key the second is left out; without one, an observation stands for itself. */
  readonly key?: string;
}

/** An observation as it is added to the statistics. */
export interface StoredObservation extends NewObservation {
  readonly id: bigint;
  /**
   * Whether none of this metric and client was added before it, before promotion and during the watch each by itself; true
   * where the client is not known.
   */
  readonly firstOfClient: boolean;
  /** null: not added yet. */
  readonly position: number | null;
}

/** When a version served a deployment. Periods are half-open: it served from `startedAt` until before `endedAt`. */
export interface ServingPeriod {
  readonly id: string;
  readonly deployment: string;
  readonly versionId: string;
  /** `former` is what served before the promotion of a release that is watched. */
  readonly role: 'incumbent' | 'candidate' | 'former';
  /** Probability with which a request was served by it, 0 to 1. */
  readonly share: number;
  readonly releaseId: string | null;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
  /** Id of the audit entry or release event that tells why. */
  readonly startedBy: string;
  readonly endedBy: string | null;
}

/** A version of a release policy; the newest of a name is used. */
export interface PolicyVersion {
  readonly name: string;
  /** From 1; 0 is the one that is built in, which everything called `default` is until it is replaced. */
  readonly version: number;
  readonly document: ReleasePolicy;
  /** null of the one that is built in. */
  readonly createdBy: string | null;
  readonly createdAt: Date | null;
}

/** Until when a version that was rolled back by itself is not released again, unless by a person. */
export interface VersionQuarantine {
  readonly versionId: string;
  readonly until: Date;
  /** How often it was rolled back by itself. */
  readonly count: number;
  readonly reason: string;
}

/** A release to be opened. */
export interface NewRelease extends Actor {
  readonly deployment: string;
  readonly candidateVersionId: string;
  /** `default` when left out. */
  readonly policyName?: string | undefined;
}

/** A line of the history of a deployment: an audit entry, an event of one of its releases, or the beginning of a period. */
export interface TimelineEntry {
  /** `audit-12`, `relevent-3` or `period-4`. */
  readonly id: string;
  readonly at: Date;
  readonly source: 'audit' | 'release' | 'serving';
  /** Such as `deployment.promote`, `rolled_back`, or the role of a version that began to serve. */
  readonly kind: string;
  /** null of a period: the entry that it was started by names who did it. */
  readonly actor: string | null;
  readonly message: string | null;
  readonly releaseId: string | null;
  readonly data: JsonObject;
}
