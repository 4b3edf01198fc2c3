import { useMemo, type ReactNode } from 'react';
import { useSearchState } from '../../navigation/use-search-state.js';
import { StateBadge } from '../../ui/badge.js';
import { Id } from '../../ui/id.js';
import { Page, Section } from '../../ui/page.js';
import { Resource } from '../../ui/resource.js';
import { Failure, Notice } from '../../ui/states.js';
import { Tabs } from '../../ui/tabs.js';
import { CurveCharts } from './curves/curve-charts.js';
import { useCurves } from './curves/use-curves.js';
import { RunActions } from './run-actions.js';
import { RunAdvice } from './run-advice.js';
import { RunCheckpoints } from './run-checkpoints.js';
import { RunEvents } from './run-events.js';
import { RunFacts } from './run-facts.js';
import { RunNumbers } from './run-numbers.js';
import { RunProgress } from './run-progress.js';
import { RunSamples } from './run-samples.js';
import { hasEnded, runName, type Job } from './run-words.js';
import { useRunEvents } from './use-run-events.js';
import { useRun } from './use-runs.js';

/** A single curve is read closely: as many points as the service gives. */
const POINTS = 10_000;

const TABS = [
  { id: 'samples', title: 'Sample texts' },
  { id: 'events', title: 'Events' },
  { id: 'checkpoints', title: 'Checkpoints' },
  { id: 'settings', title: 'Settings' },
] as const;
type Tab = (typeof TABS)[number]['id'];

/** One run: where it stands, its curves, and everything that it left. */
export function RunDetail({ id }: { readonly id: string }): ReactNode {
  const run = useRun(id);
  const { data } = run;
  const title = data === undefined ? 'Run' : runName(data);
  return (
    <Page
      title={title}
      back={{ href: '/runs', label: 'Runs' }}
      lede={<Id value={id} />}
      actions={
        data !== undefined && (
          <>
            <StateBadge state={data.status} />
            <RunActions run={data} />
          </>
        )
      }
    >
      <Resource of={run} skeleton={8}>
        {(job) => <LoadedRun run={job} />}
      </Resource>
    </Page>
  );
}

function LoadedRun({ run }: { readonly run: Job }): ReactNode {
  const { id, error } = run;
  const [tab, setTab] = useSearchState('tab', 'samples');
  const events = useRunEvents(run);
  const wanted = useMemo(() => [{ id, status: run.status }], [id, run.status]);
  const known = useCurves(wanted, POINTS).get(id);
  const curve = known?.curve ?? null;
  const name = runName(run);
  const drawn = useMemo(() => (curve === null ? [] : [{ id, label: name, color: 0, curve }]), [id, name, curve]);
  return (
    <>
      {error !== null && (
        <Notice tone="bad" title="The run failed.">
          {error.message} <code>{error.code}</code>
        </Notice>
      )}
      {!hasEnded(run) && <RunProgress run={run} />}
      <RunNumbers run={run} />
      <Section title="Curves">
        {known?.failure ? <Failure of={known.failure} /> : null}
        <CurveCharts runs={drawn} />
      </Section>
      <Section>
        <Tabs label="What the run left" value={tab as Tab} onChange={setTab} items={TABS}>
          {tab === 'samples' && <RunSamples run={run} />}
          {tab === 'events' && <RunEvents events={events} />}
          {tab === 'checkpoints' && <RunCheckpoints run={run} />}
          {tab === 'settings' && <RunFacts run={run} />}
        </Tabs>
      </Section>
      {run.status === 'succeeded' && <RunAdvice run={run} />}
    </>
  );
}
