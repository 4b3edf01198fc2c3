import { Injectable } from '@nestjs/common';
import { CodedError } from '#errors';
import { ReleaseArms } from '../releases/release-arms.js';
import { CompletionIds } from './completion-ids.js';
import { ObservationRecorder } from './observation-recorder.js';

/** Feedback on an older completion says nothing any more about what is being decided. */
const MOST_AGE_MS = 24 * 3_600_000;

/** Takes in what readers think of completions. */
@Injectable()
export class GiveFeedback {
  constructor(
    private readonly ids: CompletionIds,
    private readonly arms: ReleaseArms,
    private readonly recorder: ObservationRecorder,
  ) {}

  /**
   * A rejected completion counts against the version that wrote it, once, while its release is open.
   * @returns whether the feedback has a bearing on a release
   * @throws completion_not_found
   */
  give(completionId: string, accepted: boolean): boolean {
    const origin = this.ids.read(completionId);
    if (origin === undefined) {
      const shown = JSON.stringify(completionId.slice(0, 200));
      throw new CodedError('completion_not_found', `No completion has the id ${shown}. Send the "id" of its answer.`, {
        param: 'id',
      });
    }
    const { live } = this.arms;
    if (origin === null || origin.releaseId !== live?.id || Date.now() - origin.issuedAtMs > MOST_AGE_MS) return false;
    const { issuedAtMs: _, ...draw } = origin;
    if (!accepted)
      this.recorder.record(
        { ...draw, metric: 'feedback', value: 1, tokens: null, requestId: completionId },
        `feedback:${completionId}`,
      );
    return true;
  }
}
