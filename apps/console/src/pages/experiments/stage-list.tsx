import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Icon } from '../../ui/icon.js';
import { stagesOf, type Experiment } from './experiment-words.js';

const SAID = { done: 'done', now: 'under way', later: 'later', skipped: 'not needed' } as const;

/** The steps of an experiment. */
export function StageList({ experiment }: { readonly experiment: Experiment }): ReactNode {
  return (
    <ol className="experiments-stages">
      {stagesOf(experiment).map(({ id, title, state, job }, index) => (
        <li key={id} data-state={state} aria-current={state === 'now' ? 'step' : undefined}>
          <span className="experiments-dot" aria-hidden="true">
            {state === 'done' ? <Icon name="check" size={12} /> : index + 1}
          </span>
          <span>
            {job === null ? title : <Link href={`/runs/${encodeURIComponent(job)}`}>{title}</Link>}
            <span className="experiments-state">{SAID[state]}</span>
          </span>
        </li>
      ))}
    </ol>
  );
}
