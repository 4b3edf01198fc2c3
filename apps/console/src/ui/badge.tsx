import type { ReactNode } from 'react';

type Tone = 'neutral' | 'info' | 'good' | 'warn' | 'bad' | 'live';

/** A word or two about something. */
export function Badge({
  tone = 'neutral',
  children,
}: {
  readonly tone?: Tone;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <span className="badge" data-tone={tone}>
      {children}
    </span>
  );
}

/** Every state of runs, versions, releases, experiments and files. */
const TONES: Readonly<Record<string, Tone>> = {
  validating_files: 'info',
  queued: 'info',
  running: 'live',
  paused: 'warn',
  succeeded: 'good',
  failed: 'bad',
  cancelled: 'neutral',
  registered: 'info',
  released: 'good',
  retired: 'neutral',
  rejected: 'bad',
  rolled_back: 'bad',
  shadow: 'live',
  canary: 'live',
  watched: 'live',
  held: 'warn',
  completed: 'good',
  superseded: 'neutral',
  aborted: 'neutral',
  training_from: 'live',
  advising: 'live',
  training_to: 'live',
  comparing: 'live',
  training_fallback: 'live',
  comparing_fallback: 'live',
  uploaded: 'info',
  processed: 'good',
  error: 'bad',
  ready: 'good',
  incumbent: 'good',
  candidate: 'live',
  former: 'neutral',
};

/** States that are not words as they are written. */
const WORDS: Readonly<Record<string, string>> = {
  training_from: 'training the first',
  training_to: 'training the second',
  training_fallback: 'training another',
  comparing_fallback: 'comparing',
};

/** Where something stands, in the colour that this has everywhere. */
export function StateBadge({ state }: { readonly state: string }): ReactNode {
  return <Badge tone={TONES[state] ?? 'neutral'}>{WORDS[state] ?? state.replaceAll('_', ' ')}</Badge>;
}
