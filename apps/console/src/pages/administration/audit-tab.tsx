import type { ReactNode } from 'react';
import { api, unwrap, type Item } from '../../api/client.js';
import { usePages } from '../../data/use-pages.js';
import { useSearchState } from '../../navigation/use-search-state.js';
import { CodeBlock } from '../../ui/code-block.js';
import { DataTable, type Column } from '../../ui/data-table.js';
import { Disclosure } from '../../ui/disclosure.js';
import { Id } from '../../ui/id.js';
import { SelectField, TextField } from '../../ui/inputs.js';
import { Section } from '../../ui/page.js';
import { Resource } from '../../ui/resource.js';
import { Empty } from '../../ui/states.js';
import { Time } from '../../ui/time.js';
import { useSettled } from './use-settled.js';

type Entry = Item<'/v1/admin/audit'>;

const ACTIONS: readonly (readonly [string, string])[] = [
  ['', 'everything'],
  ['deployment.', 'deployments'],
  ['release.', 'releases'],
  ['policy.', 'policies'],
  ['version.', 'versions'],
  ['api_key.', 'keys'],
  ['webhook', 'webhooks'],
];
const PAGE = 50;

const COLUMNS: readonly Column<Entry>[] = [
  { key: 'at', title: 'When', cell: ({ at }) => <Time at={at} mode="absolute" />, sortBy: ({ at }) => at },
  { key: 'action', title: 'What', cell: ({ action }) => <code>{action}</code>, sortBy: ({ action }) => action },
  {
    key: 'subject',
    title: 'To what',
    cell: ({ subject }) => <Id value={subject} short />,
    sortBy: ({ subject }) => subject,
  },
  { key: 'actor', title: 'Who', cell: ({ actor }) => actor, sortBy: ({ actor }) => actor },
  {
    key: 'reason',
    title: 'Why',
    width: '34%',
    cell: ({ reason }) => reason ?? <span className="muted">no reason given</span>,
  },
  {
    key: 'data',
    title: 'Details',
    cell: ({ data, request_id: requestId }) => (
      <Disclosure summary="Show">
        <CodeBlock
          text={JSON.stringify(requestId === null ? data : { ...data, request_id: requestId }, null, 2)}
          label="Copy the details"
        />
      </Disclosure>
    ),
    phone: 'hide',
  },
];

/** Who changed what, when and why. */
export function AuditTab(): ReactNode {
  const [action, setAction] = useSearchState('action', '');
  const [subject, setSubject] = useSearchState('subject', '');
  const [actor, setActor] = useSearchState('actor', '');
  const wanted = { action, subject: useSettled(subject.trim()), actor: useSettled(actor.trim()) };
  const audit = usePages(
    ['audit', wanted],
    (signal, after) =>
      unwrap(
        api.GET('/v1/admin/audit', {
          params: {
            query: {
              limit: PAGE,
              ...(after !== undefined && { after }),
              ...(wanted.action !== '' && { action: wanted.action }),
              ...(wanted.subject !== '' && { subject: wanted.subject }),
              ...(wanted.actor !== '' && { actor: wanted.actor }),
            },
          },
          signal,
        }),
      ),
    { topics: ['deployment', 'release', 'version'] },
  );
  const isFiltered = action !== '' || subject !== '' || actor !== '';
  return (
    <Section title="Audit" note="Lines are never changed or removed.">
      <div className="form-grid">
        <SelectField label="What" value={action} onChange={setAction} options={ACTIONS} />
        <TextField label="To what" placeholder="production" value={subject} onChange={setSubject} />
        <TextField label="Who" placeholder="part of a name" value={actor} onChange={setActor} />
      </div>
      <Resource
        of={{ data: audit.items, failure: audit.failure, reload: audit.reload }}
        empty={
          isFiltered ? (
            <Empty title="Nothing like that was done">Change what you look for.</Empty>
          ) : (
            <Empty title="Nothing was done yet">
              Every change of what serves, of keys and of policies stands here.
            </Empty>
          )
        }
      >
        {(items) => (
          <DataTable
            caption="Changes, the newest first"
            rows={items}
            columns={COLUMNS}
            rowKey={({ id }) => id}
            more={{ hasMore: audit.hasMore, isLoading: audit.isLoadingMore, onMore: audit.loadMore }}
          />
        )}
      </Resource>
    </Section>
  );
}
