import { Injectable } from '@nestjs/common';
import type { CompletionTask } from '../completions/completion-task.js';
import type { EndedCompletion } from '../observations/bad-events.js';
import { CompletionRecorder } from './completion-recorder.js';
import { TrafficRecorder } from './traffic-recorder.js';

/** Whose request it was, and what it was part of. */
interface RequestOrigin {
  readonly keyId: string;
  readonly releaseId: string | null;
}

/** Counts requests that are over, and remembers which version answered them. */
@Injectable()
export class EndedRequests {
  constructor(
    private readonly traffic: TrafficRecorder,
    private readonly completions: CompletionRecorder,
  ) {}

  /** Takes note of a request that is over; never throws and never waits. */
  ended({ request, context, measurement }: CompletionTask, ended: EndedCompletion, origin: RequestOrigin): void {
    const { promptTokens, completionTokens, totalMs } = measurement;
    this.traffic.ended(ended, promptTokens);
    this.completions.record({
      ...origin,
      id: context.completionId,
      requestId: context.id,
      model: request.model,
      versionId: context.loaded.version.id,
      arm: context.arm,
      outcome: ended.outcome,
      promptTokens,
      completionTokens,
      totalMs,
    });
  }
}
