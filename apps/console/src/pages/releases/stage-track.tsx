import type { ReactNode } from 'react';
import type { ExplainedRelease } from '../../serving/serving-types.js';
import { stepsOf } from './release-words.js';

const SAID: Readonly<Record<string, string>> = {
  done: 'done',
  now: 'here now',
  ahead: 'ahead',
  stopped: 'ended here',
};

/** The stages of a release from left to right, and where it is. */
export function StageTrack({ release }: { readonly release: ExplainedRelease }): ReactNode {
  return (
    <ol className="releases-track" aria-label="Stages" tabIndex={0}>
      {stepsOf(release).map(({ title, text, state }, index) => (
        <li key={index} data-state={state} aria-current={state === 'now' ? 'step' : undefined}>
          <span className="releases-track-title">{title}</span>
          <span className="releases-track-text">{text}</span>
          <span className="visually-hidden">{SAID[state]}</span>
        </li>
      ))}
    </ol>
  );
}
