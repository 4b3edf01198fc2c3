import type { Database, Transaction } from '#database';
import { CodedError } from '#errors';
import type { ReleaseStatistics } from '#release-policy';
import { readClock } from '../clock.repository.js';
import { findDeployment } from '../deployments/deployment.repository.js';
import type { Deployment, JsonObject } from '../records.js';
import { lockRelease, recordStep, type LockedRelease, type ReleaseStep } from './change-release.js';
import { endRelease } from './end-release.js';
import { enterNextStage, passGates, promoteCandidate, resumeStage } from './enter-stage.js';
import { holdRelease, type Hold } from './hold-release.js';
import { findNewObservations, numberObservations } from './observation.repository.js';
import type { NewReleasePoint } from './release-point.js';
import { insertReleasePoint } from './release-point.repository.js';
import { findLatestEvent } from './release-event.repository.js';
import type { Release, ReleaseEvent, StoredObservation } from './release.js';
import { compareAndSetRelease, findOpenRelease } from './release.repository.js';
import { rollBackCandidate } from './roll-back-candidate.js';

/** The part of the system that decides on releases, as events and audit name it. */
const GUARD = 'release-guard';

/** All that a judge needs to know of an open release. */
export interface OpenCase {
  readonly release: Release;
  readonly deployment: Deployment;
  /** By the clock of the database, as every other time of the release. */
  readonly now: Date;
  /** Those that are not in the statistics yet, in the order in which they are to be added. */
  readonly observations: readonly StoredObservation[];
  /** What a dry run would have done last. */
  readonly lastProposal: ReleaseEvent | null;
}

/** What a judge does. */
export type JudgeAction =
  | { readonly kind: 'continue' }
  | { readonly kind: 'pass_gates'; readonly gates: JsonObject }
  | { readonly kind: 'advance' | 'promote' | 'complete' | 'resume' }
  | ({ readonly kind: 'hold' } & Hold)
  /** `targetProblem`: why the version to go back to cannot serve; null when its bundle was verified. */
  | { readonly kind: 'roll_back'; readonly targetProblem: string | null }
  /** What would be done if it were not a dry run. */
  | { readonly kind: 'propose' };

/** A judge's decision, with everything that it was made from. */
export interface Judgement {
  /** As it was read: nothing is done when it has changed since. */
  readonly release: Release;
  /** Ids of the observations that `statistics` holds beyond those of the release, in the order in which they were added. */
  readonly added: readonly bigint[];
  readonly statistics: ReleaseStatistics;
  readonly action: JudgeAction;
  /** What is done and why, for a person. */
  readonly message: string;
  readonly evidence: JsonObject;
  /** How the release stands, to be kept for its curves; left out where none is due. */
  readonly point?: NewReleasePoint | null;
}

/** The open release of a deployment with up to `limit` new observations; null when none is open. */
export function readOpenCase(database: Database, deployment: string, limit: number): Promise<OpenCase | null> {
  return database.query(async (client) => {
    const release = await findOpenRelease(client, deployment);
    if (release === null) return null;
    const { id, policy } = release;
    return {
      release,
      deployment: await findDeployment(client, deployment),
      observations: await findNewObservations(client, id, policy.stages.length, limit),
      lastProposal: await findLatestEvent(client, id, 'proposed'),
      now: await readClock(client),
    };
  });
}

/**
 * Adds observations to the statistics and acts, in one transaction: either all of it has happened or nothing.
 *
 * @throws conflict when a person or another judge has changed the release since it was read; then nothing has happened
 */
export function settleJudgement(database: Database, judgement: Judgement): Promise<Release> {
  const { release: read, added, statistics, point } = judgement;
  return database.transaction(async (tx) => {
    const locked = await lockRelease(tx, read.id);
    if (locked.release.revision !== read.revision || locked.release.endedAt !== null) {
      const text = `The release ${read.id} was changed by someone else since revision ${read.revision}.`;
      throw new CodedError('conflict', text);
    }
    if (added.length === 0) return act(tx, locked, judgement);
    await numberObservations(tx, read.id, added, read.position);
    if (point) await insertReleasePoint(tx, read.id, locked.at, point);
    const change = { statistics, position: read.position + added.length, observedAt: locked.at };
    return act(tx, { ...locked, release: await compareAndSetRelease(tx, read, change) }, judgement);
  });
}

async function act(tx: Transaction, locked: LockedRelease, judgement: Judgement): Promise<Release> {
  const { action, message } = judgement;
  const { position, revision } = locked.release;
  const step: ReleaseStep = { actor: GUARD, message, evidence: { ...judgement.evidence, position, revision } };
  switch (action.kind) {
    case 'continue':
      return locked.release;
    case 'pass_gates':
      return passGates(tx, locked, action.gates, step);
    case 'advance':
      return enterNextStage(tx, locked, step);
    case 'promote':
      requireUnpinned(locked);
      return promoteCandidate(tx, locked, step);
    case 'complete':
      return endRelease(tx, locked, 'completed', step);
    case 'resume':
      return resumeStage(tx, locked, locked.release.resumedAt, step);
    case 'hold':
      return holdRelease(tx, locked, action, step);
    case 'roll_back':
      return rollBackCandidate(tx, locked, action.targetProblem, step);
    case 'propose':
      await recordStep(tx, locked, 'proposed', step);
      // Its revision counts it, so that two judges do not both propose.
      return compareAndSetRelease(tx, locked.release, {});
  }
}

function requireUnpinned({ deployment, release }: LockedRelease): void {
  if (deployment.pinnedAt === null) return;
  throw new CodedError(
    'conflict',
    `The deployment ${deployment.name} is pinned; the release ${release.id} may not change it.`,
  );
}
