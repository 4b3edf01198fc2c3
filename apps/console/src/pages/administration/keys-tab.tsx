import { useState, type ReactNode } from 'react';
import { api, idempotent, unwrap, type Item } from '../../api/client.js';
import { useAction } from '../../data/use-action.js';
import { usePages } from '../../data/use-pages.js';
import { count } from '../../format/numbers.js';
import { useSession } from '../../session/use-session.js';
import { Badge } from '../../ui/badge.js';
import { Button } from '../../ui/button.js';
import { useConfirm } from '../../ui/confirm.js';
import { DataTable, type Column } from '../../ui/data-table.js';
import { Menu } from '../../ui/menu.js';
import { Section } from '../../ui/page.js';
import { Resource } from '../../ui/resource.js';
import { Empty } from '../../ui/states.js';
import { Time } from '../../ui/time.js';
import { KeyLimitsDialog } from './key-limits-dialog.js';
import { NewKeyDialog } from './new-key-dialog.js';

/** A key without its secret. */
export type ApiKey = Item<'/v1/admin/api-keys'>;

const PAGE = 50;

/** Who may use the API, for what and how much. */
export function KeysTab(): ReactNode {
  const { me } = useSession();
  const confirm = useConfirm();
  const [isMaking, setMaking] = useState(false);
  const [limited, setLimited] = useState<ApiKey | null>(null);
  const keys = usePages(['keys'], (signal, after) =>
    unwrap(
      api.GET('/v1/admin/api-keys', {
        params: { query: { limit: PAGE, ...(after !== undefined && { after }) } },
        signal,
      }),
    ),
  );
  const revoke = useAction(
    (id: string) => unwrap(api.DELETE('/v1/admin/api-keys/{id}', { params: { path: { id } }, headers: idempotent() })),
    { done: 'The key was revoked.', refresh: ['keys'] },
  );
  const askToRevoke = async ({ id, name }: ApiKey): Promise<void> => {
    const answer = await confirm({
      title: `Revoke ${name}?`,
      text:
        id === me.id
          ? 'It is the key that you are signed in with: this page signs you out. It cannot be used again.'
          : 'Whoever uses it is refused within seconds. It cannot be used again.',
      action: 'Revoke',
      tone: 'danger',
    });
    if (answer !== null) await revoke.run(id);
  };
  const columns: readonly Column<ApiKey>[] = [
    {
      key: 'name',
      title: 'Name',
      cell: ({ id, name }) => (
        <span className="row wrap">
          <strong>{name}</strong>
          {id === me.id && <Badge tone="info">yours</Badge>}
        </span>
      ),
      sortBy: ({ name }) => name,
    },
    { key: 'prefix', title: 'Key', cell: ({ prefix }) => <code>{prefix}…</code> },
    { key: 'scopes', title: 'May', cell: ({ scopes }) => scopes.join(', ') },
    { key: 'limits', title: 'Limits', cell: limitsText, phone: 'hide' },
    {
      key: 'used',
      title: 'Last used',
      cell: ({ last_used_at: at }) => (at === null ? <span className="muted">never</span> : <Time at={at} />),
      sortBy: ({ last_used_at: at }) => at,
    },
    {
      key: 'created',
      title: 'Made',
      cell: ({ created_at: at, created_by: by }) => (
        <span title={`by ${by}`}>
          <Time at={at} />
        </span>
      ),
      sortBy: ({ created_at: at }) => at,
      phone: 'hide',
    },
    {
      key: 'actions',
      title: 'Actions',
      isTitleHidden: true,
      align: 'end',
      cell: (key) =>
        key.revoked_at !== null ? (
          <Badge>
            revoked <Time at={key.revoked_at} />
          </Badge>
        ) : (
          <Menu
            label={`What to do with ${key.name}`}
            items={[
              { label: 'Set its limits', onSelect: () => setLimited(key) },
              { label: 'Revoke', tone: 'danger', onSelect: () => void askToRevoke(key) },
            ]}
          />
        ),
    },
  ];
  return (
    <Section
      title="API keys"
      note="A secret is shown once, when its key is made."
      actions={
        <Button kind="primary" small icon="plus" onClick={() => setMaking(true)}>
          New key
        </Button>
      }
    >
      <Resource
        of={{ data: keys.items, failure: keys.failure, reload: keys.reload }}
        empty={<Empty title="No key yet" />}
      >
        {(items) => (
          <DataTable
            caption="API keys, the newest first"
            rows={items}
            columns={columns}
            rowKey={({ id }) => id}
            more={{ hasMore: keys.hasMore, isLoading: keys.isLoadingMore, onMore: keys.loadMore }}
          />
        )}
      </Resource>
      {isMaking && <NewKeyDialog onClose={() => setMaking(false)} />}
      {limited !== null && <KeyLimitsDialog key={limited.id} of={limited} onClose={() => setLimited(null)} />}
    </Section>
  );
}

function limitsText(key: ApiKey): string {
  const limits = [
    [key.requests_per_minute, 'requests/min'],
    [key.tokens_per_minute, 'tokens/min'],
    [key.concurrent_requests, 'at once'],
  ] as const;
  const own = limits.flatMap(([value, unit]) =>
    value === null ? [] : [value === 0 ? `any ${unit}` : `${count(value)} ${unit}`],
  );
  return own.length === 0 ? 'those of the server' : own.join(', ');
}
