import { useCallback, type ReactNode } from 'react';
import { api, unwrap } from '../../api/client.js';
import { usePages } from '../../data/use-pages.js';
import { StateBadge } from '../../ui/badge.js';
import { ButtonLink } from '../../ui/button.js';
import { DataTable, type Column } from '../../ui/data-table.js';
import { Page, Section } from '../../ui/page.js';
import { Empty, Failure, Skeleton } from '../../ui/states.js';
import { Time } from '../../ui/time.js';
import { useFileNames } from '../runs/use-runs.js';
import { experimentName, outcomeWords, type Experiment } from './experiment-words.js';

const PER_PAGE = 50;

/** Every experiment, the newest first. */
export function ExperimentList(): ReactNode {
  const load = useCallback(
    (signal: AbortSignal, after: string | undefined) =>
      unwrap(
        api.GET('/v1/upgrade-experiments', {
          params: { query: { limit: PER_PAGE, ...(after !== undefined && { after }) } },
          signal,
        }),
      ),
    [],
  );
  const pages = usePages(['experiments'], load, { topics: ['experiment', 'run'], everyMs: 5_000 });
  const { items, failure, isLoading, hasMore, isLoadingMore, loadMore, reload } = pages;
  const fileNames = useFileNames();
  return (
    <Page
      title="Experiments"
      lede="Is a larger model worth it? An experiment trains both on the same text, holds them against the upgrade rules and ends with a verdict."
      actions={
        <ButtonLink href="/experiments/new" kind="primary" icon="plus">
          New experiment
        </ButtonLink>
      }
    >
      {failure !== null && <Failure of={failure} onRetry={reload} />}
      {isLoading && <Skeleton lines={5} />}
      {items !== undefined && (
        <Section>
          <DataTable
            caption="Upgrade experiments"
            rows={items}
            columns={columnsWith(fileNames)}
            rowKey={({ id }) => id}
            href={({ id }) => `/experiments/${encodeURIComponent(id)}`}
            more={{ hasMore, isLoading: isLoadingMore, onMore: loadMore }}
            empty={
              <Empty
                title="No experiment yet"
                action={
                  <ButtonLink href="/experiments/new" kind="primary">
                    Try the medium model
                  </ButtonLink>
                }
              >
                It trains small first, and medium after it; where medium learns the text by heart, the one between them.
              </Empty>
            }
          />
        </Section>
      )}
    </Page>
  );
}

function columnsWith(fileNames: ReadonlyMap<string, string>): readonly Column<Experiment>[] {
  return [
    { key: 'name', title: 'Experiment', cell: experimentName, sortBy: experimentName },
    {
      key: 'status',
      title: 'State',
      cell: ({ status }) => <StateBadge state={status} />,
      sortBy: ({ status }) => status,
    },
    {
      key: 'outcome',
      title: 'Verdict',
      cell: (experiment) =>
        experiment.verdict === null ? (
          <span className="muted">{outcomeWords(experiment)}</span>
        ) : (
          <strong>{outcomeWords(experiment)}</strong>
        ),
    },
    { key: 'file', title: 'Text', cell: ({ training_file: file }) => fileNames.get(file) ?? file, phone: 'hide' },
    { key: 'policy', title: 'Rules', cell: ({ policy }) => policy, phone: 'hide' },
    {
      key: 'created',
      title: 'Asked for',
      cell: ({ created_at: at }) => <Time at={at} />,
      align: 'end',
      sortBy: ({ created_at: at }) => at,
    },
  ];
}
