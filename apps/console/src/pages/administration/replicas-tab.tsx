import type { ReactNode } from 'react';
import { api, unwrap, type Item } from '../../api/client.js';
import { usePages } from '../../data/use-pages.js';
import { VersionName } from '../../serving/version-name.js';
import { Badge } from '../../ui/badge.js';
import { DataTable, type Column } from '../../ui/data-table.js';
import { Section } from '../../ui/page.js';
import { Resource } from '../../ui/resource.js';
import { Empty } from '../../ui/states.js';
import { Time } from '../../ui/time.js';

type Replica = Item<'/v1/admin/replicas'>;

/** The best first. */
const TONES = { ready: 'good', loading: 'info', troubled: 'bad', lost: 'bad' } as const;

const COLUMNS: readonly Column<Replica>[] = [
  {
    key: 'host',
    title: 'Replica',
    cell: ({ host, port, pid, id }) => (
      <span title={`${id}, process ${pid}`}>
        <strong>
          {host}:{port}
        </strong>
      </span>
    ),
    sortBy: ({ host, port }) => `${host}:${String(port).padStart(5, '0')}`,
  },
  {
    key: 'state',
    title: 'State',
    cell: ({ state }) => <Badge tone={TONES[state]}>{state}</Badge>,
    sortBy: ({ state }) => Object.keys(TONES).indexOf(state),
  },
  { key: 'deployment', title: 'Deployment', cell: ({ deployment }) => deployment, phone: 'hide' },
  {
    key: 'version',
    title: 'Serves',
    cell: ({ version }) => (version === null ? <span className="muted">nothing</span> : <VersionName id={version} />),
  },
  {
    key: 'loaded',
    title: 'In memory',
    cell: ({ loaded, version }) => {
      const others = loaded.filter((id) => id !== version);
      if (others.length === 0) return <span className="muted">nothing else</span>;
      return (
        <span className="administration-loaded">
          {others.map((id) => (
            <VersionName key={id} id={id} />
          ))}
        </span>
      );
    },
    phone: 'hide',
  },
  {
    key: 'problem',
    title: 'What is wrong',
    cell: ({ problem }) =>
      problem === null ? <span className="muted">nothing</span> : <span className="tone-bad">{problem}</span>,
  },
  {
    key: 'reported',
    title: 'Reported',
    cell: ({ reported_at: at }) => <Time at={at} />,
    sortBy: ({ reported_at: at }) => at,
  },
];

/** Which generators run, and what each has loaded. */
export function ReplicasTab(): ReactNode {
  const replicas = usePages(
    ['replicas'],
    (signal, after) =>
      unwrap(
        api.GET('/v1/admin/replicas', {
          params: { query: { limit: 100, ...(after !== undefined && { after }) } },
          signal,
        }),
      ),
    { topics: ['replica', 'deployment'], everyMs: 10_000 },
  );
  return (
    <Section
      title="Replicas"
      note="One that was killed is lost as soon as it misses some reports, and forgotten an hour after the last one."
    >
      <Resource
        of={{ data: replicas.items, failure: replicas.failure, reload: replicas.reload }}
        empty={<Empty title="No replica has reported">Start a generator; it reports every few seconds.</Empty>}
      >
        {(items) => (
          <DataTable
            caption="Generators and what they have loaded"
            rows={items}
            columns={COLUMNS}
            rowKey={({ id }) => id}
            more={{ hasMore: replicas.hasMore, isLoading: replicas.isLoadingMore, onMore: replicas.loadMore }}
          />
        )}
      </Resource>
    </Section>
  );
}
