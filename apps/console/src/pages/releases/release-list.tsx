import type { ReactNode } from 'react';
import { api, unwrap } from '../../api/client.js';
import { usePages } from '../../data/use-pages.js';
import { count } from '../../format/numbers.js';
import { durationMs } from '../../format/times.js';
import { useSearchState } from '../../navigation/use-search-state.js';
import { DeploymentPanel } from '../../serving/deployment-panel.js';
import { releasePath } from '../../serving/paths.js';
import type { Release } from '../../serving/serving-types.js';
import { useDeployments } from '../../serving/use-serving.js';
import { StateBadge } from '../../ui/badge.js';
import { DataTable, type Column } from '../../ui/data-table.js';
import { SelectField } from '../../ui/inputs.js';
import { Columns, Page, Section } from '../../ui/page.js';
import { Resource } from '../../ui/resource.js';
import { Empty } from '../../ui/states.js';
import { Time } from '../../ui/time.js';

type State = NonNullable<Release['state']>;

const STATES: readonly (readonly [State | '', string])[] = [
  ['', 'every state'],
  ['shadow', 'shadow'],
  ['canary', 'canary'],
  ['watched', 'watched'],
  ['held', 'held'],
  ['completed', 'completed'],
  ['rolled_back', 'rolled back'],
  ['superseded', 'superseded'],
  ['aborted', 'aborted'],
];

const COLUMNS: readonly Column<Release>[] = [
  { key: 'candidate', title: 'Candidate', cell: ({ candidate }) => <code>{candidate}</code>, phone: 'title' },
  { key: 'state', title: 'State', cell: ({ state }) => <StateBadge state={state} />, sortBy: ({ state }) => state },
  { key: 'incumbent', title: 'Against', cell: ({ incumbent }) => <code>{incumbent}</code>, hidden: true },
  { key: 'deployment', title: 'Deployment', cell: ({ deployment }) => deployment, hidden: true },
  {
    key: 'opened',
    title: 'Opened',
    cell: ({ opened_at: at }) => <Time at={at} />,
    sortBy: ({ opened_at: at }) => at,
  },
  {
    key: 'lasted',
    title: 'Lasted',
    align: 'end',
    cell: ({ opened_at: from, ended_at: to }) =>
      to === null ? <span className="muted">open</span> : durationMs(1000 * (to - from)),
    sortBy: ({ opened_at: from, ended_at: to }) => (to === null ? null : to - from),
  },
  {
    key: 'observations',
    title: 'Observations',
    align: 'end',
    cell: ({ observations }) => count(observations),
    sortBy: ({ observations }) => observations,
  },
  {
    key: 'reason',
    title: 'Why',
    cell: ({ reason }) => <span className="releases-reason">{reason ?? '–'}</span>,
    phone: 'hide',
  },
];

const PAGE = 50;

/** What serves, and every attempt to replace it. */
export function ReleaseList(): ReactNode {
  const [state, setState] = useSearchState('state', '');
  const deployments = useDeployments();
  const wanted = STATES.find(([value]) => value === state)?.[0] ?? '';
  const releases = usePages(
    ['releases', wanted],
    (signal, after) =>
      unwrap(
        api.GET('/v1/admin/releases', {
          params: {
            query: { limit: PAGE, ...(after !== undefined && { after }), ...(wanted !== '' && { state: wanted }) },
          },
          signal,
        }),
      ),
    { topics: ['release'], everyMs: 30_000 },
  );
  return (
    <Page
      title="Releases"
      lede="A candidate takes over step by step while both versions are compared on live text; what is shown to be worse leaves by itself."
    >
      <Resource
        of={deployments}
        isEmpty={(data) => data.length === 0}
        empty={<Empty title="No deployment yet">A deployment is made by the first generator that serves it.</Empty>}
      >
        {(data) => (
          <Columns min={440}>
            {data.map((deployment) => (
              <DeploymentPanel key={deployment.name} deployment={deployment} />
            ))}
          </Columns>
        )}
      </Resource>
      <Section
        title="All releases"
        actions={
          <div className="releases-filter">
            <SelectField label="State" value={wanted} onChange={setState} options={STATES} />
          </div>
        }
      >
        <Resource
          of={{ data: releases.items, failure: releases.failure, reload: releases.reload }}
          empty={
            wanted === '' ? (
              <Empty title="No release yet">
                Choose “Release a version” above: it is compared with what serves before it answers anybody.
              </Empty>
            ) : (
              <Empty title={`No release is ${wanted.replaceAll('_', ' ')}`}>Choose another state to see others.</Empty>
            )
          }
        >
          {(items) => (
            <DataTable
              caption="Releases, the newest first"
              rows={items}
              columns={COLUMNS}
              rowKey={({ id }) => id}
              href={({ id }) => releasePath(id)}
              storageKey="releases"
              more={{ hasMore: releases.hasMore, isLoading: releases.isLoadingMore, onMore: releases.loadMore }}
            />
          )}
        </Resource>
      </Section>
    </Page>
  );
}
