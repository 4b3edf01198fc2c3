import { useState, type ReactNode } from 'react';
import { api, unwrap } from '../../api/client.js';
import { usePages } from '../../data/use-pages.js';
import { compact, decimal, percent, points } from '../../format/numbers.js';
import { useSearchState } from '../../navigation/use-search-state.js';
import { versionPath } from '../../serving/paths.js';
import { ReleaseDialog } from '../../serving/release-dialog.js';
import type { Version } from '../../serving/serving-types.js';
import { useDeployments } from '../../serving/use-serving.js';
import { Badge, StateBadge } from '../../ui/badge.js';
import { Button, ButtonLink } from '../../ui/button.js';
import { DataTable, type Column } from '../../ui/data-table.js';
import { SelectField } from '../../ui/inputs.js';
import { Page, Section } from '../../ui/page.js';
import { Resource } from '../../ui/resource.js';
import { Empty } from '../../ui/states.js';
import { Time } from '../../ui/time.js';
import { metricsOf } from './version-metrics.js';

type State = NonNullable<Version['state']>;

const STATES: readonly (readonly [State | '', string])[] = [
  ['', 'every state'],
  ['registered', 'registered'],
  ['released', 'released'],
  ['retired', 'retired'],
  ['rejected', 'rejected'],
  ['rolled_back', 'rolled back'],
];
const PRESETS: readonly (readonly [string, string])[] = [
  ['', 'every preset'],
  ['small', 'small'],
  ['intermediate', 'intermediate'],
  ['medium', 'medium'],
];
const PAGE = 50;

/** Every model that was trained, what it can do, and what it serves. */
export function VersionList(): ReactNode {
  const [state, setState] = useSearchState('state', '');
  const [preset, setPreset] = useSearchState('preset', '');
  const [isReleasing, setReleasing] = useState(false);
  const deployments = useDeployments().data ?? [];
  const serving = new Map(deployments.map(({ name, incumbent }) => [incumbent, name]));
  const wanted = STATES.find(([value]) => value === state)?.[0] ?? '';
  const versions = usePages(
    ['versions', wanted, preset],
    (signal, after) =>
      unwrap(
        api.GET('/v1/admin/model-versions', {
          params: {
            query: {
              limit: PAGE,
              ...(after !== undefined && { after }),
              ...(wanted !== '' && { state: wanted }),
              ...(preset !== '' && { preset }),
            },
          },
          signal,
        }),
      ),
    { topics: ['version', 'release', 'deployment', 'run'], everyMs: 30_000 },
  );
  const isFiltered = wanted !== '' || preset !== '';
  return (
    <Page
      title="Versions"
      lede="Every result of training is an immutable version: it can be served, compared, gone back to, and traced to its text."
      actions={
        <Button kind="primary" icon="release" onClick={() => setReleasing(true)}>
          Release a version
        </Button>
      }
    >
      <Section
        title="All versions"
        actions={
          <div className="versions-filters">
            <SelectField label="Preset" value={preset} onChange={setPreset} options={PRESETS} />
            <SelectField label="State" value={wanted} onChange={setState} options={STATES} />
          </div>
        }
      >
        <Resource
          of={{ data: versions.items, failure: versions.failure, reload: versions.reload }}
          empty={
            isFiltered ? (
              <Empty title="No version is like that">Choose another preset or state.</Empty>
            ) : (
              <Empty
                title="No version yet"
                action={
                  <ButtonLink href="/runs" kind="primary">
                    Train a model
                  </ButtonLink>
                }
              >
                A version is registered when a training run succeeds.
              </Empty>
            )
          }
        >
          {(items) => (
            <DataTable
              caption="Model versions, the newest first"
              rows={items}
              columns={columnsOf(serving)}
              rowKey={({ id }) => id}
              href={({ id }) => versionPath(id)}
              storageKey="versions"
              more={{ hasMore: versions.hasMore, isLoading: versions.isLoadingMore, onMore: versions.loadMore }}
            />
          )}
        </Resource>
      </Section>
      {isReleasing && <ReleaseDialog onClose={() => setReleasing(false)} />}
    </Page>
  );
}

function columnsOf(serving: ReadonlyMap<string | null, string>): readonly Column<Version>[] {
  return [
    { key: 'id', title: 'Version', cell: ({ id }) => <code>{id}</code>, phone: 'title', sortBy: ({ id }) => id },
    {
      key: 'state',
      title: 'State',
      cell: ({ id, state }) => (
        <span className="row">
          <StateBadge state={state} />
          {serving.has(id) && <Badge tone="live">serves {serving.get(id)}</Badge>}
        </span>
      ),
      sortBy: ({ state }) => state,
    },
    {
      key: 'number',
      title: 'Preset',
      cell: ({ preset, number }) => <span className="nowrap">{`${preset} #${number}`}</span>,
      sortBy: ({ preset, number }) => `${preset} ${String(number).padStart(6, '0')}`,
    },
    {
      key: 'parameters',
      title: 'Parameters',
      align: 'end',
      cell: ({ parameters }) => compact(parameters),
      sortBy: ({ parameters }) => parameters,
    },
    {
      key: 'perplexity',
      title: 'Perplexity',
      align: 'end',
      cell: (version) => decimal(metricsOf(version).validation?.perplexity, 1),
      sortBy: (version) => metricsOf(version).validation?.perplexity ?? null,
    },
    {
      key: 'accuracy',
      title: 'Accuracy',
      align: 'end',
      cell: (version) => percent(metricsOf(version).validation?.top1),
      sortBy: (version) => metricsOf(version).validation?.top1 ?? null,
    },
    {
      key: 'gap',
      title: 'Gap',
      align: 'end',
      cell: (version) => points(metricsOf(version).gapPoints),
      sortBy: (version) => metricsOf(version).gapPoints,
      hidden: true,
    },
    {
      key: 'tokens',
      title: 'Trained on',
      align: 'end',
      cell: ({ trained_tokens: tokens }) => `${compact(tokens)} tokens`,
      sortBy: ({ trained_tokens: tokens }) => tokens,
      hidden: true,
    },
    {
      key: 'seed',
      title: 'Seed',
      align: 'end',
      cell: ({ seed }) => seed,
      sortBy: ({ seed }) => seed,
      hidden: true,
    },
    {
      key: 'created',
      title: 'Registered',
      cell: ({ created_at: at }) => <Time at={at} />,
      sortBy: ({ created_at: at }) => at,
    },
  ];
}
