import type { ReactNode } from 'react';
import type { ExplainedRelease } from '../../serving/serving-types.js';
import { Notice } from '../../ui/states.js';
import { Time } from '../../ui/time.js';

type Tone = 'info' | 'good' | 'warn' | 'bad';

const ENDS: Readonly<Record<string, readonly [string, Tone]>> = {
  completed: ['Completed.', 'good'],
  rolled_back: ['Rolled back.', 'bad'],
  superseded: ['Superseded.', 'info'],
  aborted: ['Aborted.', 'info'],
};

/** In one sentence: what it waits for, or how and why it ended. */
export function ReleaseSituation({ release }: { readonly release: ExplainedRelease }): ReactNode {
  const { state, ended_at: endedAt, reason, last_event: last, next, paused_at: pausedAt } = release;
  const end = ENDS[state];
  if (end !== undefined && endedAt !== null) {
    const [title, tone] = end;
    return (
      <Notice tone={tone} title={title}>
        {reason ?? last?.message}{' '}
        <span className="muted">
          <Time at={endedAt} mode="both" />
          {last !== null && `, by ${last.actor}`}.
        </span>
      </Notice>
    );
  }
  const title = state === 'held' ? 'Held.' : pausedAt !== null ? 'Paused.' : 'Waiting.';
  return (
    <Notice tone={next.needs_person || state === 'held' ? 'warn' : 'info'} title={title}>
      {next.message}
    </Notice>
  );
}
