import { createHash } from 'node:crypto';
import type { Release } from '#registry/releases';

/** A request whose arm was drawn. */
export interface Draw {
  readonly arm: 'candidate' | 'incumbent';
  /** Probability with which the arm was the candidate's, above 0 and below 1. */
  readonly share: number;
}

/** The version that an arm is served by. */
export function versionOf({ candidateVersionId, incumbentVersionId }: Release, arm: Draw['arm']): string {
  return arm === 'candidate' ? candidateVersionId : incumbentVersionId;
}

/**
 * Draws the arm of a request; null where there is nothing to draw.
 * @param uniform a number from 0 up to 1: a random one, or that of the client where it keeps its arm
 */
export function drawArm({ share }: Pick<Release, 'share'>, uniform: number): Draw | null {
  if (share <= 0 || share >= 1) return null;
  return { arm: uniform < share ? 'candidate' : 'incumbent', share };
}

/** A client of a release, as it is recorded: nobody can tell from it who it is. */
export function clientHash(releaseId: string, client: string): string {
  return createHash('sha256').update(`${releaseId}\n${client}`).digest('hex').slice(0, 16);
}

/** A number from 0 up to 1 that is always the same for a client of a release, so that who has the candidate keeps it as its share grows. */
export function uniformOf(hash: string): number {
  return Number.parseInt(hash.slice(0, 12), 16) / 2 ** 48;
}
