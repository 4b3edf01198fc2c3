import type { JudgeAction, Judgement, NewReleasePoint, OpenCase } from '#registry/releases';
import { pointOf } from './point-of.js';

const SHORTEST_MS = 1_000;
/** Of the time that a release is open, what lies between two points: their number grows with its logarithm. */
const PART_OF_TIME = 1 / 100;

/** Says when the curves of a release get another point: at every step, and further apart the longer it lasts. */
export class ReleaseCurve {
  #last: { readonly releaseId: string; readonly atMs: number } | null = null;

  /** How the release stands with this judgement; null where no point is due. */
  pointOf({ release, now }: OpenCase, { added, statistics }: Judgement, action: JudgeAction): NewReleasePoint | null {
    const { id, policy, position, stageIndex, openedAt } = release;
    const gapMs = Math.max(SHORTEST_MS, PART_OF_TIME * (now.getTime() - openedAt.getTime()));
    const isDue = this.#last?.releaseId !== id || now.getTime() - this.#last.atMs >= gapMs;
    if (added.length === 0 || (!isDue && action.kind === 'continue')) return null;
    this.#last = { releaseId: id, atMs: now.getTime() };
    return pointOf(policy, statistics, { stageIndex, position: position + added.length });
  }
}
