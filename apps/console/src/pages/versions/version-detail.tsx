import type { ReactNode } from 'react';
import { api, unwrap } from '../../api/client.js';
import { useQuery } from '../../data/use-query.js';
import { compact, count, decimal, percent, points, rate } from '../../format/numbers.js';
import { durationMs } from '../../format/times.js';
import { pathOf } from '../../serving/paths.js';
import type { DescribedVersion } from '../../serving/serving-types.js';
import { VersionName } from '../../serving/version-name.js';
import { StateBadge } from '../../ui/badge.js';
import { CodeBlock } from '../../ui/code-block.js';
import { Disclosure } from '../../ui/disclosure.js';
import { Facts } from '../../ui/facts.js';
import { Id } from '../../ui/id.js';
import { Columns, Page, Section } from '../../ui/page.js';
import { Resource } from '../../ui/resource.js';
import { Stat, Stats } from '../../ui/stat.js';
import { Notice } from '../../ui/states.js';
import { Time } from '../../ui/time.js';
import { LineageGraph } from './lineage-graph.js';
import { MeasuredTable } from './measured-table.js';
import { ServedPeriods } from './served-periods.js';
import { keptBy, VersionActions } from './version-actions.js';
import { metricsOf } from './version-metrics.js';

const TOPICS = ['version', 'release', 'deployment'] as const;

/** One version: what it is, where it comes from, whom it served. */
export function VersionDetail({ id }: { readonly id: string }): ReactNode {
  const params = { path: { id } };
  const query = useQuery(
    ['version', id],
    (signal) => unwrap(api.GET('/v1/admin/model-versions/{id}', { params, signal })),
    { topics: TOPICS, everyMs: 30_000 },
  );
  const lineage = useQuery(
    ['version', id, 'lineage'],
    (signal) => unwrap(api.GET('/v1/admin/model-versions/{id}/lineage', { params, signal })),
    { topics: TOPICS },
  );
  const version = query.data;
  return (
    <Page
      title={id}
      lede={version !== undefined && <Lede version={version} />}
      back={{ href: '/versions', label: 'Versions' }}
      actions={version !== undefined && <VersionActions version={version} />}
    >
      <Resource of={query} skeleton={8}>
        {(data) => (
          <>
            <Warnings version={data} />
            <Section>
              <Summary version={data} />
            </Section>
            <Section title="Where it comes from, and what became of it">
              <Resource of={lineage}>{(found) => <LineageGraph lineage={found} />}</Resource>
            </Section>
            <Columns min={560}>
              <Section title="What was measured">
                <MeasuredTable version={data} />
              </Section>
              <Section title="When it served">
                <ServedPeriods served={data.served} />
              </Section>
            </Columns>
            <Columns min={420}>
              <Card version={data} />
              <Sample version={data} />
            </Columns>
          </>
        )}
      </Resource>
    </Page>
  );
}

function Lede({ version }: { readonly version: DescribedVersion }): ReactNode {
  const { state, preset, number, created_at: at } = version;
  return (
    <span className="row wrap">
      <StateBadge state={state} />
      <span>
        {preset} #{number}, registered <Time at={at} />
      </span>
    </span>
  );
}

function Warnings({ version }: { readonly version: DescribedVersion }): ReactNode {
  const { deleted_at: deletedAt, quarantine } = version;
  const kept = keptBy(version);
  return (
    <>
      {deletedAt !== null && (
        <Notice tone="warn" title="Deleted.">
          Its weights were given up <Time at={deletedAt} />; what is known of it stays.
        </Notice>
      )}
      {quarantine !== null && (
        <Notice tone="warn" title="In quarantine.">
          {quarantine.reason} No release takes it up again until <Time at={quarantine.until} mode="absolute" />; a
          person still can promote it. Rolled back {count(quarantine.count)} {quarantine.count === 1 ? 'time' : 'times'}
          .
        </Notice>
      )}
      {kept !== null && deletedAt === null && <p className="muted small">It cannot be deleted: {kept}</p>}
    </>
  );
}

function Summary({ version }: { readonly version: DescribedVersion }): ReactNode {
  const { parameters, trained_tokens: tokens } = version;
  const { validation, gapPoints, trainingSeconds, tokensPerSecond } = metricsOf(version);
  return (
    <Stats>
      <Stat label="Perplexity" value={decimal(validation?.perplexity, 1)} hint="on validation text" />
      <Stat label="Accuracy" value={percent(validation?.top1)} hint={`${percent(validation?.top5)} in first five`} />
      <Stat label="Gap" value={points(gapPoints)} hint="training over validation" />
      <Stat label="Parameters" value={compact(parameters)} hint={count(parameters)} />
      <Stat label="Trained on" value={compact(tokens)} unit="tokens" />
      <Stat
        label="Training"
        value={durationMs(trainingSeconds === null ? null : 1000 * trainingSeconds)}
        hint={rate(tokensPerSecond, 'tok/s')}
      />
    </Stats>
  );
}

function Card({ version }: { readonly version: DescribedVersion }): ReactNode {
  const { training_run: run, base_version: base, imported_from: imported } = version;
  return (
    <Section title="Card">
      <Facts
        items={[
          ['Made by', run === null ? 'an import' : <Id value={run} href={pathOf('run', run)} short />],
          ...(base === null ? [] : [['Continued from', <VersionName id={base} />] as const]),
          ...(version.base_checkpoint === null ? [] : [['Continued from', version.base_checkpoint] as const]),
          ['Seed', <span className="num">{version.seed}</span>],
          ['Bundle', <Id value={version.bundle_sha256} short />],
          ['Text', version.data_sha256 === null ? 'not known' : <Id value={version.data_sha256} short />],
          ['Code', <code>{version.code_version}</code>],
        ]}
      />
      {imported !== null && (
        <Disclosure summary="Where it was imported from">
          <CodeBlock text={JSON.stringify(imported, null, 2)} label="Copy where it was imported from" />
        </Disclosure>
      )}
      <Disclosure summary="Hyper-parameters">
        <Facts
          items={Object.entries(version.hyperparameters).map(([name, value]) => [
            name,
            <code key={name}>{JSON.stringify(value)}</code>,
          ])}
        />
      </Disclosure>
    </Section>
  );
}

function Sample({ version }: { readonly version: DescribedVersion }): ReactNode {
  const { sample } = metricsOf(version);
  if (sample === null || sample.trim() === '') return null;
  return (
    <Section title="How it writes" note="Drawn when its training ended.">
      <p className="versions-sample">{sample}</p>
    </Section>
  );
}
