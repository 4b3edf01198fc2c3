import { useState, type ReactNode } from 'react';
import { api, idempotent, unwrap, type Item } from '../../api/client.js';
import { useAction } from '../../data/use-action.js';
import { usePages } from '../../data/use-pages.js';
import { Button } from '../../ui/button.js';
import { useConfirm } from '../../ui/confirm.js';
import { DataTable, type Column } from '../../ui/data-table.js';
import { Menu } from '../../ui/menu.js';
import { Section } from '../../ui/page.js';
import { Resource } from '../../ui/resource.js';
import { Empty } from '../../ui/states.js';
import { Time } from '../../ui/time.js';
import { NewWebhookDialog } from './new-webhook-dialog.js';
import { WebhookDeliveries } from './webhook-deliveries.js';

type Webhook = Item<'/v1/admin/webhooks'>;

const WEBHOOK_KEYS = ['webhooks', 'webhook-deliveries'];
const PAGE = 50;

/** Who is told of releases, and whether it was told. */
export function WebhooksTab(): ReactNode {
  const confirm = useConfirm();
  const [isMaking, setMaking] = useState(false);
  const webhooks = usePages(['webhooks'], (signal, after) =>
    unwrap(
      api.GET('/v1/admin/webhooks', {
        params: { query: { limit: PAGE, ...(after !== undefined && { after }) } },
        signal,
      }),
    ),
  );
  const test = useAction(
    (id: string) =>
      unwrap(api.POST('/v1/admin/webhooks/{id}/test', { params: { path: { id } }, headers: idempotent() })),
    { done: 'A test event is on its way; see what was sent.', refresh: WEBHOOK_KEYS },
  );
  const remove = useAction(
    (id: string) => unwrap(api.DELETE('/v1/admin/webhooks/{id}', { params: { path: { id } }, headers: idempotent() })),
    { done: 'The webhook was deleted.', refresh: WEBHOOK_KEYS },
  );
  const askToDelete = async ({ id, url }: Webhook): Promise<void> => {
    const answer = await confirm({
      title: 'Delete this webhook?',
      text: (
        <>
          <code>{url}</code> is sent nothing more, not even what waits to be tried again.
        </>
      ),
      action: 'Delete',
      tone: 'danger',
    });
    if (answer !== null) await remove.run(id);
  };
  const columns: readonly Column<Webhook>[] = [
    {
      key: 'url',
      title: 'Address',
      cell: ({ url, description }) => (
        <span>
          <code>{url}</code>
          {description !== '' && <span className="muted small"> {description}</span>}
        </span>
      ),
      sortBy: ({ url }) => url,
    },
    { key: 'events', title: 'Is told of', cell: ({ events }) => events.join(', ') },
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
      cell: (webhook) => (
        <Menu
          label={`What to do with ${webhook.url}`}
          items={[
            { label: 'Send a test event', onSelect: () => void test.run(webhook.id) },
            { label: 'Delete', tone: 'danger', onSelect: () => void askToDelete(webhook) },
          ]}
        />
      ),
    },
  ];
  return (
    <>
      <Section
        title="Webhooks"
        note="Events are posted with a signature as Standard Webhooks has it, and tried again until they arrive."
        actions={
          <Button kind="primary" small icon="plus" onClick={() => setMaking(true)}>
            New webhook
          </Button>
        }
      >
        <Resource
          of={{ data: webhooks.items, failure: webhooks.failure, reload: webhooks.reload }}
          empty={
            <Empty title="Nobody is told">
              Make a webhook to be told when a release begins, is promoted, is rolled back, or needs a person.
            </Empty>
          }
        >
          {(items) => (
            <DataTable
              caption="Webhooks, the newest first"
              rows={items}
              columns={columns}
              rowKey={({ id }) => id}
              more={{ hasMore: webhooks.hasMore, isLoading: webhooks.isLoadingMore, onMore: webhooks.loadMore }}
            />
          )}
        </Resource>
      </Section>
      <WebhookDeliveries />
      {isMaking && <NewWebhookDialog onClose={() => setMaking(false)} />}
    </>
  );
}
