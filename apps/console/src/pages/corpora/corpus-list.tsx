import { useCallback, type ReactNode } from 'react';
import { api, unwrap, type Item } from '../../api/client.js';
import { usePages } from '../../data/use-pages.js';
import { bytes } from '../../format/numbers.js';
import { StateBadge } from '../../ui/badge.js';
import { ButtonLink } from '../../ui/button.js';
import { DataTable, type Column } from '../../ui/data-table.js';
import { Page, Section } from '../../ui/page.js';
import { Empty, Failure, Skeleton } from '../../ui/states.js';
import { Time } from '../../ui/time.js';
import { DropZone } from './upload/drop-zone.js';
import { UploadList } from './upload/upload-list.js';

type CorpusFile = Item<'/v1/files'>;

const PER_PAGE = 100;
/** While a file is being looked at. */
const SOON_MS = 2_000;

/** Every text, and where more are uploaded. */
export function CorpusList(): ReactNode {
  const load = useCallback(
    (signal: AbortSignal, after: string | undefined) =>
      unwrap(
        api.GET('/v1/files', {
          params: { query: { purpose: 'fine-tune', limit: PER_PAGE, ...(after !== undefined && { after }) } },
          signal,
        }),
      ),
    [],
  );
  const pages = usePages(['corpora'], load, { topics: ['corpus'], everyMs: SOON_MS });
  const { items, failure, isLoading, hasMore, isLoadingMore, loadMore, reload } = pages;
  return (
    <Page
      title="Corpora"
      lede="The texts that models learn from. Each is looked at once it is here: what is in it, and for which model it is enough."
    >
      <Section title="Upload">
        <DropZone />
        <UploadList />
      </Section>
      <Section title="Texts">
        {failure !== null && <Failure of={failure} onRetry={reload} />}
        {isLoading && <Skeleton lines={4} />}
        {items !== undefined && (
          <DataTable
            caption="Texts"
            rows={items}
            columns={COLUMNS}
            rowKey={({ id }) => id}
            href={({ id }) => `/corpora/${encodeURIComponent(id)}`}
            more={{ hasMore, isLoading: isLoadingMore, onMore: loadMore }}
            empty={
              <Empty title="No text yet">
                Upload a book, tickets, notes or logs: a few megabytes of plain text are enough for a first model.
              </Empty>
            }
          />
        )}
      </Section>
    </Page>
  );
}

const COLUMNS: readonly Column<CorpusFile>[] = [
  { key: 'name', title: 'Text', cell: ({ filename }) => filename, sortBy: ({ filename }) => filename.toLowerCase() },
  {
    key: 'status',
    title: 'State',
    cell: ({ status, status_details: why }) => <Standing status={status} why={why} />,
    sortBy: ({ status }) => status,
  },
  {
    key: 'size',
    title: 'Size',
    cell: ({ bytes: size }) => bytes(size),
    sortBy: ({ bytes: size }) => size,
    align: 'end',
  },
  {
    key: 'at',
    title: 'Uploaded',
    cell: ({ created_at: at }) => <Time at={at} />,
    sortBy: ({ created_at: at }) => at,
    align: 'end',
  },
  {
    key: 'use',
    title: 'Use',
    align: 'end',
    cell: ({ id, status }) =>
      status === 'error' ? null : (
        <ButtonLink small href={`/runs/new?file=${encodeURIComponent(id)}`}>
          Train
        </ButtonLink>
      ),
  },
];

const SAID: Readonly<Record<string, string>> = { uploaded: 'being looked at', processed: 'ready', error: 'unusable' };

function Standing({ status, why }: { readonly status: string; readonly why: string | null }): ReactNode {
  return (
    <span className="row wrap" title={why ?? undefined}>
      <StateBadge state={status} />
      <span className="muted small">{status === 'processed' ? '' : SAID[status]}</span>
    </span>
  );
}
