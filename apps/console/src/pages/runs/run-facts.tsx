import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Facts } from '../../ui/facts.js';
import { Id } from '../../ui/id.js';
import { Time } from '../../ui/time.js';
import { presetOf, type Job } from './run-words.js';
import { useFileNames } from './use-runs.js';

/** The settings of a run as they were asked for, and what belongs to it. */
export function RunFacts({ run }: { readonly run: Job }): ReactNode {
  const files = useFileNames();
  const file = (id: string): ReactNode => (
    <Link href={`/corpora/${encodeURIComponent(id)}`}>{files.get(id) ?? id}</Link>
  );
  const { fine_tuned_model: made, validation_file: validation, started_at: started, finished_at: finished } = run;
  const settings = Object.entries(run.hyperparameters).map(
    ([name, value]) =>
      [name, <code key={name}>{typeof value === 'string' ? value : JSON.stringify(value)}</code>] as const,
  );
  const metadata = Object.entries(run.metadata).map(([name, value]) => [`metadata: ${name}`, value] as const);
  return (
    <div className="runs-facts">
      <Facts
        items={[
          ['Preset', presetOf(run)],
          ...(run.model.startsWith('ft:') ? [['Goes on from', <Id key="base" value={run.model} />] as const] : []),
          ['Text', file(run.training_file)],
          ['Validation text', validation === null ? 'documents held out of the text' : file(validation)],
          [
            'Model version',
            made === null ? (
              <span className="muted">none</span>
            ) : (
              <Id value={made} href={`/versions/${encodeURIComponent(made)}`} />
            ),
          ],
          ['Asked for', <Time key="created" at={run.created_at} mode="both" />],
          ['Begun', started === null ? <span className="muted">not yet</span> : <Time at={started} mode="both" />],
          ['Ended', finished === null ? <span className="muted">not yet</span> : <Time at={finished} mode="both" />],
          ['Seed', String(run.seed)],
        ]}
      />
      <Facts items={[...settings, ...metadata]} />
    </div>
  );
}
