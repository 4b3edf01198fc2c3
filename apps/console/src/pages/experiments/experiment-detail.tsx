import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { api, unwrap } from '../../api/client.js';
import { useAction } from '../../data/use-action.js';
import { useQuery } from '../../data/use-query.js';
import { StateBadge } from '../../ui/badge.js';
import { Button } from '../../ui/button.js';
import { useConfirm } from '../../ui/confirm.js';
import { Facts } from '../../ui/facts.js';
import { Id } from '../../ui/id.js';
import { Meter } from '../../ui/meter.js';
import { Columns, Page, Section } from '../../ui/page.js';
import { Resource } from '../../ui/resource.js';
import { Notice } from '../../ui/states.js';
import { Time } from '../../ui/time.js';
import { useFileNames } from '../runs/use-runs.js';
import { ExperimentCurves } from './experiment-curves.js';
import { ExperimentEvents } from './experiment-events.js';
import { experimentName, hasEnded, type Experiment } from './experiment-words.js';
import { ReportView } from './report/report-view.js';
import { verdictWords } from './report/verdict-words.js';
import { StageList } from './stage-list.js';

const EVERY_MS = 3_000;

/** One experiment: its steps, its verdict, and everything that the verdict rests on. */
export function ExperimentDetail({ id }: { readonly id: string }): ReactNode {
  const experiment = useQuery(
    ['experiment', id],
    (signal) => unwrap(api.GET('/v1/upgrade-experiments/{id}', { params: { path: { id } }, signal })),
    { topics: ['experiment', 'run'], everyMs: EVERY_MS },
  );
  const { data } = experiment;
  return (
    <Page
      title={data === undefined ? 'Experiment' : experimentName(data)}
      back={{ href: '/experiments', label: 'Experiments' }}
      lede={<Id value={id} />}
      actions={
        data !== undefined && (
          <>
            <StateBadge state={data.status} />
            {!hasEnded(data) && <CancelButton experiment={data} />}
          </>
        )
      }
    >
      <Resource of={experiment} skeleton={8}>
        {(loaded) => <LoadedExperiment experiment={loaded} />}
      </Resource>
    </Page>
  );
}

function LoadedExperiment({ experiment }: { readonly experiment: Experiment }): ReactNode {
  const { id, error, progress, advice } = experiment;
  const hasReport = advice !== null;
  const report = useQuery(
    ['experiment-report', id, experiment.status],
    (signal) => unwrap(api.GET('/v1/upgrade-experiments/{id}/report', { params: { path: { id } }, signal })),
    { enabled: hasReport },
  );
  return (
    <>
      {error !== null && (
        <Notice tone="bad" title="The experiment failed.">
          {error.message} <code>{error.code}</code>
        </Notice>
      )}
      <VerdictNotice experiment={experiment} />
      <Section title="Steps">
        <StageList experiment={experiment} />
        {progress !== null && !hasEnded(experiment) && (
          <div className="stack">
            <span className="muted">{progress.message}</span>
            <Meter value={progress.fraction} max={1} label="Progress of this step" />
          </div>
        )}
      </Section>
      <ExperimentCurves experiment={experiment} />
      {hasReport && (
        <Resource of={report} skeleton={6}>
          {(data) => <ReportView report={data} />}
        </Resource>
      )}
      <Columns min={380}>
        <ExperimentFacts experiment={experiment} />
        <ExperimentEvents id={id} isLive={!hasEnded(experiment)} />
      </Columns>
    </>
  );
}

function VerdictNotice({ experiment }: { readonly experiment: Experiment }): ReactNode {
  const { outcome, advice, verdict, to_job: toJob, release } = experiment;
  const summary = outcome ?? advice;
  if (summary === null) return null;
  const stage = outcome !== null && toJob !== null ? 'after' : 'before';
  const { title, tone } = verdictWords(verdict ?? summary.verdict, stage, experiment, summary.tokens_needed);
  const other = Object.entries(summary.verdicts).find(([ruleSet]) => ruleSet !== experiment.policy);
  const otherTitle = other && verdictWords(other[1], stage, experiment, summary.tokens_needed).title;
  return (
    <section className="experiments-verdict" data-tone={tone}>
      <div className="small muted">{outcome === null ? 'Advice so far' : 'Verdict'}</div>
      <h2>{title}</h2>
      <ul>
        {summary.reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
      {other !== undefined && (
        <p className="muted small">
          The {other[0]} rules say: {otherTitle}.
        </p>
      )}
      {release !== null && (
        <p>
          <Link href={`/releases/${encodeURIComponent(release)}`}>The release that it opened</Link>
        </p>
      )}
    </section>
  );
}

function CancelButton({ experiment }: { readonly experiment: Experiment }): ReactNode {
  const { id } = experiment;
  const confirm = useConfirm();
  const cancel = useAction(
    () => unwrap(api.POST('/v1/upgrade-experiments/{id}/cancel', { params: { path: { id } } })),
    { done: 'The experiment is cancelled', refresh: ['experiment', 'experiments', 'runs'] },
  );
  const ask = async (): Promise<void> => {
    const answer = await confirm({
      title: 'Cancel the experiment?',
      text: 'Its runs that are under way are cancelled, too. Runs that have ended, and runs that were there before, stay.',
      action: 'Cancel the experiment',
      tone: 'danger',
    });
    if (answer !== null) await cancel.run();
  };
  return (
    <Button icon="stop" busy={cancel.isRunning} onClick={() => void ask()}>
      Cancel
    </Button>
  );
}

function ExperimentFacts({ experiment }: { readonly experiment: Experiment }): ReactNode {
  const files = useFileNames();
  const { training_file: file, finished_at: finished } = experiment;
  const ofPresets = Object.values(experiment.hyperparameters as Record<string, Record<string, unknown>>);
  const settings = Object.entries(ofPresets[0] ?? {})
    .filter(([name, value]) => ofPresets.every((of) => JSON.stringify(of[name]) === JSON.stringify(value)))
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return (
    <Section title="What was asked for">
      <Facts
        items={[
          [
            'Text',
            <Link key="file" href={`/corpora/${encodeURIComponent(file)}`}>
              {files.get(file) ?? file}
            </Link>,
          ],
          ['Rules that decide', experiment.policy],
          ['Fallback', experiment.fallback ?? 'none'],
          ['Larger model', experiment.only_if_advised ? 'only if the rules advise it' : 'in any case'],
          ['Release', experiment.release_policy === null ? 'none' : `with the policy ${experiment.release_policy}`],
          ['Seed', String(experiment.seed)],
          ['Settings of all', settings.length === 0 ? 'defaults' : <code key="settings">{settings.join(' ')}</code>],
          ['Asked for', <Time key="created" at={experiment.created_at} mode="both" />],
          ['Ended', finished === null ? <span className="muted">not yet</span> : <Time at={finished} mode="both" />],
        ]}
      />
    </Section>
  );
}
