import type { ReactNode } from 'react';
import { api, idempotent, unwrap, type Item } from '../../api/client.js';
import { useAction } from '../../data/use-action.js';
import { usePages } from '../../data/use-pages.js';
import { useSearchState } from '../../navigation/use-search-state.js';
import { Badge } from '../../ui/badge.js';
import { Button } from '../../ui/button.js';
import { CodeBlock } from '../../ui/code-block.js';
import { DataTable, type Column } from '../../ui/data-table.js';
import { Disclosure } from '../../ui/disclosure.js';
import { Section } from '../../ui/page.js';
import { Resource } from '../../ui/resource.js';
import { Empty } from '../../ui/states.js';
import { Segmented } from '../../ui/tabs.js';
import { Time } from '../../ui/time.js';

type Delivery = Item<'/v1/admin/webhook-deliveries'>;
type State = Delivery['state'];

const STATES: readonly (readonly [State | '', string])[] = [
  ['', 'All'],
  ['pending', 'Waiting'],
  ['delivered', 'Arrived'],
  ['dead', 'Given up'],
];
const TONES = { pending: 'info', delivered: 'good', dead: 'bad' } as const;

/** What was sent, waits, or is tried no more. */
export function WebhookDeliveries(): ReactNode {
  const [state, setState] = useSearchState('state', '');
  const wanted = STATES.find(([value]) => value === state)?.[0] ?? '';
  const deliveries = usePages(
    ['webhook-deliveries', wanted],
    (signal, after) =>
      unwrap(
        api.GET('/v1/admin/webhook-deliveries', {
          params: {
            query: { limit: 50, ...(after !== undefined && { after }), ...(wanted !== '' && { state: wanted }) },
          },
          signal,
        }),
      ),
    { everyMs: 5_000 },
  );
  const redeliver = useAction(
    (id: string) =>
      unwrap(
        api.POST('/v1/admin/webhook-deliveries/{id}/redeliver', { params: { path: { id } }, headers: idempotent() }),
      ),
    { done: 'It is tried again.', refresh: ['webhook-deliveries'] },
  );
  const columns: readonly Column<Delivery>[] = [
    { key: 'at', title: 'When', cell: ({ created_at: at }) => <Time at={at} />, sortBy: ({ created_at: at }) => at },
    { key: 'type', title: 'Event', cell: ({ type }) => <code>{type}</code>, sortBy: ({ type }) => type },
    {
      key: 'state',
      title: 'State',
      cell: ({ state: now }) => (
        <Badge tone={TONES[now]}>{STATES.find(([value]) => value === now)?.[1].toLowerCase()}</Badge>
      ),
    },
    { key: 'attempts', title: 'Attempts', align: 'end', cell: ({ attempts }) => attempts },
    { key: 'answer', title: 'Last answer', cell: lastAnswer },
    {
      key: 'payload',
      title: 'Content',
      cell: ({ payload }) => (
        <Disclosure summary="Show">
          <CodeBlock text={JSON.stringify(payload, null, 2)} label="Copy the content" />
        </Disclosure>
      ),
      phone: 'hide',
    },
    {
      key: 'again',
      title: 'Again',
      isTitleHidden: true,
      align: 'end',
      cell: ({ id, state: now }) =>
        now === 'dead' && (
          <Button small busy={redeliver.isRunning} onClick={() => void redeliver.run(id)}>
            Try again
          </Button>
        ),
    },
  ];
  return (
    <Section
      title="What was sent"
      actions={<Segmented<State | ''> label="Which" value={wanted} onChange={setState} options={STATES} />}
    >
      <Resource
        of={{ data: deliveries.items, failure: deliveries.failure, reload: deliveries.reload }}
        empty={<Empty title={wanted === '' ? 'Nothing was sent yet' : 'Nothing is like that'} />}
      >
        {(items) => (
          <DataTable
            caption="Events for webhooks, the newest first"
            rows={items}
            columns={columns}
            rowKey={({ id }) => id}
            more={{ hasMore: deliveries.hasMore, isLoading: deliveries.isLoadingMore, onMore: deliveries.loadMore }}
          />
        )}
      </Resource>
    </Section>
  );
}

function lastAnswer({ last_status: status, last_error: error, next_attempt_at: next }: Delivery): ReactNode {
  return (
    <>
      {status ?? (error === null ? <span className="muted">none yet</span> : null)} {error}
      {next !== null && (
        <span className="muted small">
          {' '}
          next <Time at={next} />
        </span>
      )}
    </>
  );
}
